// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
// simdjson's DOM for C: one parsed document is a tape of 64-bit words, a value is an index into it.
// No C++ exception leaves these functions. Index 0 never names a value, so it serves as "none".
#ifdef __cplusplus
extern "C" {
#endif

typedef struct cjson_parser cjson_parser;
typedef struct cjson_document cjson_document;

typedef enum {
    cjson_success,
    cjson_out_of_memory,
    cjson_too_large,
    cjson_too_deep,
    cjson_empty,
    cjson_bad_utf8,
    cjson_bad_string,
    cjson_unclosed_string,
    cjson_control_character,
    cjson_bad_number,
    cjson_bad_literal,
    cjson_bad_structure,
} cjson_result;

typedef enum {
    cjson_null,
    cjson_false,
    cjson_true,
    cjson_int64,
    cjson_uint64,
    cjson_double,
    cjson_string,
    cjson_array,
    cjson_object,
} cjson_kind;

typedef struct {
    const uint8_t *_Nonnull bytes;
    size_t count;
} cjson_text;

/// Null when memory is short.
cjson_parser *_Nullable cjson_parser_create(void);
void cjson_parser_destroy(cjson_parser *_Nonnull);
cjson_document *_Nullable cjson_document_create(void);
/// Wipes the strings before it gives their memory back.
void cjson_document_destroy(cjson_document *_Nonnull);

/// The document owns all it needs afterwards. 64 bytes past `count` must be readable.
cjson_result cjson_parse(cjson_parser *_Nonnull, cjson_document *_Nonnull, const uint8_t *_Nonnull bytes, size_t count,
                         size_t max_depth);
/// How many bytes of JSON the document has room for.
size_t cjson_capacity(const cjson_document *_Nonnull);

size_t cjson_root(void);
cjson_kind cjson_kind_at(const cjson_document *_Nonnull, size_t value);
int64_t cjson_int64_at(const cjson_document *_Nonnull, size_t value);
uint64_t cjson_uint64_at(const cjson_document *_Nonnull, size_t value);
double cjson_double_at(const cjson_document *_Nonnull, size_t value);
/// The unescaped text of a string or key; lives as long as the document.
cjson_text cjson_text_at(const cjson_document *_Nonnull, size_t value);

/// How many children an array or object has.
size_t cjson_count(const cjson_document *_Nonnull, size_t container);
/// The first element, or the first key; 0 when there is none.
size_t cjson_first(const cjson_document *_Nonnull, size_t container);
/// The tape position behind a value; for the last child that is the container's end.
size_t cjson_after(const cjson_document *_Nonnull, size_t value);
/// Whether a position is the closing word of its array or object.
bool cjson_is_end(const cjson_document *_Nonnull, size_t position);
/// The value of a key, or 0.
size_t cjson_find(const cjson_document *_Nonnull, size_t object, const uint8_t *_Nullable key, size_t count);

/// Sets `duplicate` to a key that its object already has, or to 0. False when memory is short.
bool cjson_find_duplicate(const cjson_document *_Nonnull, size_t value, size_t *_Nonnull duplicate);

#ifdef __cplusplus
}
#endif
