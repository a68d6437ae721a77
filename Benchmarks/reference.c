// SPDX-License-Identifier: Apache-2.0
// The lower bound that podmint is measured against: the same loop in plain C. One thread, epoll, TLS on the socket, HTTP/1.1
// keep-alive or HTTP/2 by ALPN; each review is parsed, its uid and annotation looked up, and a patch of the size that podmint
// writes is base64-encoded into the answer. No limits, no routing, no metrics: what a server must do at the very least.
//
//   reference PORT CERTIFICATE KEY PATCH-FILE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CJSON.h"

enum { INPUT = 256 * 1024, OUTPUT = 64 * 1024, PADDING = 64 };

typedef struct {
    int fd;
    SSL *ssl;
    int handshaken;
    nghttp2_session *http2;
    size_t count;
    unsigned char *input;
} connection;

typedef struct {
    int32_t id;
    size_t count, sent, answer_count;
    unsigned char *body;
    char *answer;
} stream;

static int poller;
static SSL_CTX *tls;
static cjson_parser *parser;
static cjson_document *document;
static unsigned char patch[32 * 1024];
static int patch_count;
static char output[OUTPUT];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static size_t find(size_t object, const char *key) {
    return object ? cjson_find(document, object, (const uint8_t *)key, strlen(key)) : 0;
}

// One review in, one answer out.
static size_t answer(const unsigned char *body, size_t count, char *out) {
    if (cjson_parse(parser, document, body, count, 128) != cjson_success) return (size_t)sprintf(out, "{}");
    size_t request = find(cjson_root(), "request"), uid = find(request, "uid");
    size_t annotations = find(find(find(request, "object"), "metadata"), "annotations");
    size_t inject = find(annotations, "podmint.dev/inject");
    cjson_text id = uid ? cjson_text_at(document, uid) : (cjson_text){(const uint8_t *)"", 0};
    int n = sprintf(out,
                    "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"response\":{\"uid\":\"%.*s\","
                    "\"allowed\":true",
                    (int)id.count, (const char *)id.bytes);
    if (inject) {
        n += sprintf(out + n, ",\"patchType\":\"JSONPatch\",\"patch\":\"");
        n += EVP_EncodeBlock((unsigned char *)out + n, patch, patch_count);
        out[n++] = '"';
    }
    return (size_t)(n + sprintf(out + n, "}}\n"));
}

static void drop(connection *c) {
    if (c->http2) nghttp2_session_del(c->http2);
    SSL_free(c->ssl);
    close(c->fd);
    free(c->input);
    free(c);
}

static int send_all(connection *c, const char *bytes, size_t count) {
    return SSL_write(c->ssl, bytes, (int)count) == (int)count;
}

// HTTP/1.1
static int serve_http1(connection *c) {
    size_t start = 0;
    while (start < c->count) {
        unsigned char *head = c->input + start;
        unsigned char *end = memmem(head, c->count - start, "\r\n\r\n", 4);
        if (!end) break;
        size_t length = 0;
        for (unsigned char *line = head; line < end;) {
            unsigned char *next = memchr(line, '\n', (size_t)(end + 2 - line));
            if (!strncasecmp((char *)line, "content-length:", 15)) length = strtoul((char *)line + 15, NULL, 10);
            line = next + 1;
        }
        size_t whole = (size_t)(end + 4 - head) + length;
        if (c->count - start < whole) break;
        static char body[OUTPUT];
        size_t n = answer(end + 4, length, body);
        int m = sprintf(output, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n", n);
        memcpy(output + m, body, n);
        if (!send_all(c, output, (size_t)m + n)) return 0;
        start += whole;
    }
    memmove(c->input, c->input + start, c->count - start);
    c->count -= start;
    return 1;
}

// HTTP/2
static stream *stream_of(nghttp2_session *session, int32_t id) { return nghttp2_session_get_stream_user_data(session, id); }

static int on_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)user;
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    stream *s = calloc(1, sizeof *s);
    s->id = frame->hd.stream_id;
    s->body = malloc(INPUT + PADDING);
    return nghttp2_session_set_stream_user_data(session, s->id, s);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t count, void *user) {
    (void)flags, (void)user;
    stream *s = stream_of(session, id);
    if (s && s->count + count <= INPUT) {
        memcpy(s->body + s->count, bytes, count);
        s->count += count;
    }
    return 0;
}

static ssize_t read_answer(nghttp2_session *session, int32_t id, uint8_t *buffer, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user) {
    (void)session, (void)id, (void)user;
    stream *s = source->ptr;
    size_t n = s->answer_count - s->sent < room ? s->answer_count - s->sent : room;
    memcpy(buffer, s->answer + s->sent, n);
    s->sent += n;
    if (s->sent == s->answer_count) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)user;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    stream *s = stream_of(session, frame->hd.stream_id);
    if (!s) return 0;
    s->answer = malloc(OUTPUT);
    s->answer_count = answer(s->body, s->count, s->answer);
    char length[24];
    int n = sprintf(length, "%zu", s->answer_count);
#define FIELD(name, value, count) {(uint8_t *)name, (uint8_t *)(value), sizeof name - 1, (size_t)(count), 0}
    nghttp2_nv fields[] = {FIELD(":status", "200", 3), FIELD("content-type", "application/json", 16),
                           FIELD("content-length", length, n)};
    nghttp2_data_provider provider = {.source.ptr = s, .read_callback = read_answer};
    return nghttp2_submit_response(session, s->id, fields, 3, &provider);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user) {
    (void)code, (void)user;
    stream *s = stream_of(session, id);
    if (s) free(s->body), free(s->answer), free(s);
    return 0;
}

static void start_http2(connection *c) {
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_headers);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_server_new(&c->http2, callbacks, c);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
                                         {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
    nghttp2_submit_settings(c->http2, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(c->http2, NGHTTP2_FLAG_NONE, 0, 1 << 24);
}

static int serve_http2(connection *c) {
    if (nghttp2_session_mem_recv(c->http2, c->input, c->count) < 0) return 0;
    c->count = 0;
    size_t n = 0;
    const uint8_t *bytes;
    for (ssize_t got; (got = nghttp2_session_mem_send(c->http2, &bytes)) > 0;) {
        if (n + (size_t)got > sizeof output) {
            if (!send_all(c, output, n)) return 0;
            n = 0;
        }
        memcpy(output + n, bytes, (size_t)got);
        n += (size_t)got;
    }
    return n == 0 || send_all(c, output, n);
}

static int ready(connection *c) {
    if (!c->handshaken) {
        int result = SSL_do_handshake(c->ssl);
        if (result != 1) return SSL_get_error(c->ssl, result) == SSL_ERROR_WANT_READ;
        c->handshaken = 1;
        const unsigned char *protocol;
        unsigned count;
        SSL_get0_alpn_selected(c->ssl, &protocol, &count);
        if (count == 2) start_http2(c);
    }
    do {
        int n = SSL_read(c->ssl, c->input + c->count, (int)(INPUT - c->count));
        if (n <= 0) return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
        c->count += (size_t)n;
    } while (SSL_has_pending(c->ssl) && c->count < INPUT);
    return c->http2 ? serve_http2(c) : serve_http1(c);
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *count, const unsigned char *in, unsigned n, void *arg) {
    (void)ssl, (void)arg;
    static const unsigned char ours[] = "\2h2\10http/1.1";
    return SSL_select_next_proto((unsigned char **)out, count, ours, sizeof ours - 1, in, n) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

static void take(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection *c = calloc(1, sizeof *c);
    c->fd = fd;
    c->input = malloc(INPUT + PADDING);
    c->ssl = SSL_new(tls);
    SSL_set_fd(c->ssl, fd);
    SSL_set_accept_state(c->ssl);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

int main(int count, char **arguments) {
    if (count != 5) return fprintf(stderr, "usage: reference PORT CERTIFICATE KEY PATCH-FILE\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    FILE *file = fopen(arguments[4], "rb");
    if (!file) fail(arguments[4]);
    patch_count = (int)fread(patch, 1, sizeof patch, file);
    fclose(file);
    tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls, arguments[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, arguments[3], SSL_FILETYPE_PEM) != 1)
        return fprintf(stderr, "reference: bad certificate or key\n"), 1;
    SSL_CTX_set_num_tickets(tls, 0);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, 64 * 1024);
    SSL_CTX_set_alpn_select_cb(tls, choose, NULL);
    parser = cjson_parser_create();
    document = cjson_document_create();
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1024)) fail("listen");
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(poller, events, 64, -1);
        for (int i = 0; i < n; i++) {
            connection *c = events[i].data.ptr;
            if (!c) take(listener);
            else if (!ready(c)) drop(c);
        }
    }
}
