// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/prctl.h>
#include <sys/random.h>

// Only what Swift cannot import: function-like macros, computed constants and variadic functions.

// SSL_CTX_ctrl macros.
static inline int shim_SSL_CTX_set_min_proto_version(SSL_CTX *ctx, int version) { return (int)SSL_CTX_set_min_proto_version(ctx, version); }
static inline int shim_SSL_CTX_set1_groups_list(SSL_CTX *ctx, const char *groups) { return (int)SSL_CTX_set1_groups_list(ctx, groups); }
static inline void shim_SSL_CTX_set_read_ahead(SSL_CTX *ctx, int on) { SSL_CTX_set_read_ahead(ctx, on); }
static inline void shim_SSL_CTX_set_mode(SSL_CTX *ctx, long mode) { SSL_CTX_set_mode(ctx, mode); }
static inline void shim_SSL_CTX_set_session_cache_mode(SSL_CTX *ctx, long mode) { SSL_CTX_set_session_cache_mode(ctx, mode); }
static inline int shim_SSL_CTX_add1_chain_cert(SSL_CTX *ctx, X509 *certificate) { return (int)SSL_CTX_add1_chain_cert(ctx, certificate); }
static inline int shim_SSL_set_tlsext_host_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }

// Option bits are casts and shifts (SSL_OP_BIT).
static inline uint64_t shim_tls_hardening_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
           SSL_OP_CLEANSE_PLAINTEXT;
}

// Stacks are macros over casts.
static inline STACK_OF(X509) *shim_sk_X509_new(void) { return sk_X509_new_null(); }
static inline int shim_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) { return sk_X509_push(stack, certificate); }
static inline void shim_sk_X509_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }
static inline int shim_sk_X509_num(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }
static inline X509 *shim_sk_X509_value(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }
static inline GENERAL_NAMES *shim_sk_GENERAL_NAME_new(void) { return sk_GENERAL_NAME_new_null(); }
static inline int shim_sk_GENERAL_NAME_push(GENERAL_NAMES *stack, GENERAL_NAME *name) { return sk_GENERAL_NAME_push(stack, name); }
static inline int shim_sk_GENERAL_NAME_num(const GENERAL_NAMES *stack) { return sk_GENERAL_NAME_num(stack); }
static inline GENERAL_NAME *shim_sk_GENERAL_NAME_value(const GENERAL_NAMES *stack, int index) { return sk_GENERAL_NAME_value(stack, index); }
static inline int shim_sk_GENERAL_SUBTREE_num(const STACK_OF(GENERAL_SUBTREE) *stack) { return sk_GENERAL_SUBTREE_num(stack); }
static inline GENERAL_SUBTREE *shim_sk_GENERAL_SUBTREE_value(const STACK_OF(GENERAL_SUBTREE) *stack, int index) { return sk_GENERAL_SUBTREE_value(stack, index); }
static inline EXTENDED_KEY_USAGE *shim_sk_ASN1_OBJECT_new(void) { return sk_ASN1_OBJECT_new_null(); }
static inline int shim_sk_ASN1_OBJECT_push(EXTENDED_KEY_USAGE *stack, ASN1_OBJECT *object) { return sk_ASN1_OBJECT_push(stack, object); }
static inline int shim_sk_ASN1_OBJECT_num(const EXTENDED_KEY_USAGE *stack) { return sk_ASN1_OBJECT_num(stack); }
static inline ASN1_OBJECT *shim_sk_ASN1_OBJECT_value(const EXTENDED_KEY_USAGE *stack, int index) { return sk_ASN1_OBJECT_value(stack, index); }
static inline STACK_OF(X509_EXTENSION) *shim_sk_X509_EXTENSION_new(void) { return sk_X509_EXTENSION_new_null(); }
static inline int shim_sk_X509_EXTENSION_push(STACK_OF(X509_EXTENSION) *stack, X509_EXTENSION *extension) { return sk_X509_EXTENSION_push(stack, extension); }
static inline void shim_sk_X509_EXTENSION_free(STACK_OF(X509_EXTENSION) *stack) { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }
static inline void shim_sk_PKCS12_SAFEBAG_free(STACK_OF(PKCS12_SAFEBAG) *stack) { sk_PKCS12_SAFEBAG_pop_free(stack, PKCS12_SAFEBAG_free); }
static inline void shim_sk_PKCS7_free(STACK_OF(PKCS7) *stack) { sk_PKCS7_pop_free(stack, PKCS7_free); }

// BIO_ctrl macro.
static inline long shim_BIO_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

// The way to free each kind of extension is a macro over its method table (X509V3_EXT_METHOD).
static inline void shim_X509V3_EXT_free(int identifier, void *value) {
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(identifier);
    if (method != NULL && method->it != NULL) ASN1_item_free((ASN1_VALUE *)value, ASN1_ITEM_ptr(method->it));
}

// Reasons are sums of flags; so says libc's ENOMEM.
static inline int shim_is_out_of_memory(unsigned long code) {
    if (ERR_GET_LIB(code) == ERR_LIB_SYS) return ERR_GET_REASON(code) == ENOMEM;
    return ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
}

// The context keeps its strings' addresses, and a string of Swift's has one for the length of the call.
static inline OSSL_DECODER_CTX *shim_OSSL_DECODER_CTX_new_for_public_key(EVP_PKEY **key, int algorithm) {
    return OSSL_DECODER_CTX_new_for_pkey(key, "DER", "SubjectPublicKeyInfo", OBJ_nid2sn(algorithm), EVP_PKEY_PUBLIC_KEY, NULL, NULL);
}

// prctl(2) is variadic.
static inline int shim_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
