// SPDX-License-Identifier: Apache-2.0
#include "CJSON.h"

#include <algorithm>
#include <new>
#include <simdjson.h>
#include <string.h>
#include <string_view>

using simdjson::internal::tape_ref;
using simdjson::internal::tape_type;

struct cjson_parser {
    simdjson::dom::parser parser;
};

struct cjson_document {
    simdjson::dom::document document;
    // How much of the string buffer a parse may have touched: strings are never longer than the JSON was, but
    // each takes a length and a terminator (document::allocate reserves 5/3 for that).
    size_t touched = 0;

    void wipe() {
        if (document.string_buf) explicit_bzero(document.string_buf.get(), touched);
        touched = 0;
    }
};

static tape_ref at(const cjson_document *document, size_t index) { return tape_ref(&document->document, index); }

extern "C" {

cjson_parser *cjson_parser_create(void) { return new (std::nothrow) cjson_parser; }
void cjson_parser_destroy(cjson_parser *parser) { delete parser; }

cjson_document *cjson_document_create(void) { return new (std::nothrow) cjson_document; }

void cjson_document_destroy(cjson_document *document) {
    document->wipe();
    delete document;
}

static cjson_result result(simdjson::error_code code) {
    switch (code) {
    case simdjson::SUCCESS: return cjson_success;
    case simdjson::MEMALLOC: return cjson_out_of_memory;
    case simdjson::CAPACITY: return cjson_too_large;
    case simdjson::DEPTH_ERROR: return cjson_too_deep;
    case simdjson::EMPTY: return cjson_empty;
    case simdjson::UTF8_ERROR: return cjson_bad_utf8;
    case simdjson::STRING_ERROR: return cjson_bad_string;
    case simdjson::UNCLOSED_STRING: return cjson_unclosed_string;
    case simdjson::UNESCAPED_CHARS: return cjson_control_character;
    case simdjson::NUMBER_ERROR: return cjson_bad_number;
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR: return cjson_bad_literal;
    default: return cjson_bad_structure;
    }
}

cjson_result cjson_parse(cjson_parser *parser, cjson_document *document, const uint8_t *bytes, size_t count,
                         size_t max_depth) {
    // The depth is the parser's, set when its own memory is made; keep both in step with the largest input so
    // far.
    size_t capacity = std::max(count, parser->parser.capacity());
    if (capacity > parser->parser.capacity() || parser->parser.max_depth() != max_depth) {
        auto code = parser->parser.allocate(capacity, max_depth);
        if (code) return result(code);
    }
    document->wipe();
    size_t room = document->document.capacity();
    if (count > room || room == 0) {
        auto code = document->document.allocate(std::max(count, size_t(1)));
        if (code) return result(code);
    }
    auto parsed = parser->parser.parse_into_document(document->document, bytes, count, false);
    document->touched = 5 * document->document.capacity() / 3;
    document->touched = std::min(document->touched, 5 * count / 3 + 64);
    return result(parsed.error());
}

size_t cjson_capacity(const cjson_document *document) { return document->document.capacity(); }

size_t cjson_root(void) { return 1; }

cjson_kind cjson_kind_at(const cjson_document *document, size_t value) {
    switch (at(document, value).tape_ref_type()) {
    case tape_type::START_OBJECT: return cjson_object;
    case tape_type::START_ARRAY: return cjson_array;
    case tape_type::STRING: return cjson_string;
    case tape_type::INT64: return cjson_int64;
    case tape_type::UINT64: return cjson_uint64;
    case tape_type::DOUBLE: return cjson_double;
    case tape_type::TRUE_VALUE: return cjson_true;
    case tape_type::FALSE_VALUE: return cjson_false;
    default: return cjson_null;
    }
}

int64_t cjson_int64_at(const cjson_document *document, size_t value) {
    return at(document, value).next_tape_value<int64_t>();
}

uint64_t cjson_uint64_at(const cjson_document *document, size_t value) {
    return at(document, value).next_tape_value<uint64_t>();
}

double cjson_double_at(const cjson_document *document, size_t value) {
    return at(document, value).next_tape_value<double>();
}

cjson_text cjson_text_at(const cjson_document *document, size_t value) {
    auto text = at(document, value).get_string_view();
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

size_t cjson_first(const cjson_document *document, size_t container) {
    return cjson_is_end(document, container + 1) ? 0 : container + 1;
}

size_t cjson_after(const cjson_document *document, size_t value) { return at(document, value).after_element(); }

bool cjson_is_end(const cjson_document *document, size_t position) {
    auto type = at(document, position).tape_ref_type();
    return type == tape_type::END_OBJECT || type == tape_type::END_ARRAY;
}

size_t cjson_count(const cjson_document *document, size_t container) {
    auto tape = at(document, container);
    size_t count = tape.scope_count();
    if (count < 0xFFFFFF) return count;
    // The tape's own count stops at 24 bits; beyond that the children are counted.
    count = 0;
    bool keyed = tape.tape_ref_type() == tape_type::START_OBJECT;
    for (size_t child = container + 1; !cjson_is_end(document, child); count++)
        child = cjson_after(document, keyed ? child + 1 : child);
    return count;
}

size_t cjson_find(const cjson_document *document, size_t object, const uint8_t *key, size_t count) {
    for (size_t candidate = object + 1; !cjson_is_end(document, candidate);) {
        auto tape = at(document, candidate);
        if (tape.get_string_length() == count && (count == 0 || memcmp(tape.get_c_str(), key, count) == 0))
            return candidate + 1;
        candidate = cjson_after(document, candidate + 1);
    }
    return 0;
}

// One object's keys: pairwise while that is cheaper than sorting.
static bool duplicate_in(const cjson_document *document, size_t object, size_t *duplicate) {
    constexpr size_t few = 24;
    struct entry {
        std::string_view key;
        size_t index;
        uint64_t beginning;
    } table[few];
    size_t count = cjson_count(document, object);
    entry *entries = table;
    if (count > few && !(entries = new (std::nothrow) entry[count])) return false;
    size_t filled = 0;
    for (size_t key = object + 1; !cjson_is_end(document, key); key = cjson_after(document, key + 1)) {
        entry next = {at(document, key).get_string_view(), key, 0};
        if (count <= few) {
            // Most keys differ in their first bytes, which one comparison of words tells.
            memcpy(&next.beginning, next.key.data(), std::min(next.key.size(), sizeof next.beginning));
            for (size_t i = 0; i < filled; i++) {
                if (entries[i].beginning == next.beginning && entries[i].key == next.key) {
                    *duplicate = key;
                    return true;
                }
            }
        }
        entries[filled++] = next;
    }
    if (count <= few) return true;
    std::sort(entries, entries + filled, [](const entry &left, const entry &right) {
        int order = left.key.compare(right.key);
        return order < 0 || (order == 0 && left.index < right.index);
    });
    for (size_t i = 1; i < filled; i++) {
        if (entries[i].key == entries[i - 1].key && (*duplicate == 0 || entries[i].index < *duplicate))
            *duplicate = entries[i].index;
    }
    delete[] entries;
    return true;
}

bool cjson_find_duplicate(const cjson_document *document, size_t value, size_t *duplicate) {
    *duplicate = 0;
    size_t end = cjson_after(document, value);
    // Containers are met in the order of the tape, so nothing recurses.
    for (size_t position = value; position < end;) {
        auto type = at(document, position).tape_ref_type();
        if (type == tape_type::START_OBJECT) {
            if (!duplicate_in(document, position, duplicate)) return false;
            if (*duplicate) return true;
        }
        position += (type == tape_type::INT64 || type == tape_type::UINT64 || type == tape_type::DOUBLE) ? 2 : 1;
    }
    return true;
}
}
