// SPDX-License-Identifier: Apache-2.0
internal import CYAML

/// What libyaml's parser reports, one after another.
enum YAMLEvent {
    case documentStart
    case documentEnd
    case streamEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool, tag: String?, anchor: String?)
    case sequenceStart(anchor: String?)
    case sequenceEnd
    case mappingStart(anchor: String?)
    case mappingEnd
}

/// libyaml's event parser over a text in memory.
@safe final class YAMLEvents {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLError) {
        unsafe text = .allocate(capacity: max(bytes.count, 1))
        _ = unsafe text.update(fromContentsOf: bytes)
        unsafe parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe text.deallocate()
            unsafe parser.deallocate()
            throw YAMLMark().error("no memory for a YAML parser")
        }
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    func next() throws(YAMLError) -> (event: YAMLEvent, mark: YAMLMark) {
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure }
            defer { unsafe yaml_event_delete(&event) }
            let mark = unsafe YAMLMark(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
            if let translated = unsafe Self.translate(event) { return (translated, mark) }
        }
    }

    private static func translate(_ event: yaml_event_t) -> YAMLEvent? {
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: .streamEnd
        case YAML_ALIAS_EVENT: .alias(unsafe string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: unsafe scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            .sequenceStart(anchor: unsafe string(event.data.sequence_start.anchor))
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_START_EVENT: .mappingStart(anchor: unsafe string(event.data.mapping_start.anchor))
        case YAML_MAPPING_END_EVENT: .mappingEnd
        default: nil
        }
    }

    private static func scalar(_ event: yaml_event_t) -> YAMLEvent {
        let scalar = unsafe event.data.scalar
        let text = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return .scalar(
            text: unsafe String(decoding: text, as: UTF8.self),
            isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE,
            tag: unsafe string(scalar.tag), anchor: unsafe string(scalar.anchor))
    }

    private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }

    // MARK: - What is wrong, in words that help

    private var failure: YAMLError {
        let state = unsafe parser.pointee
        guard unsafe state.error != YAML_MEMORY_ERROR else {
            return YAMLMark().error("no memory to parse this YAML")
        }
        let problem = unsafe state.problem.map { unsafe String(cString: $0) } ?? "not YAML"
        if unsafe state.error == YAML_READER_ERROR {
            return unsafe mark(at: state.problem_offset).error(
                "\(problem): wanted UTF-8 text without control characters")
        }
        let mark = unsafe YAMLMark(line: state.problem_mark.line + 1, column: state.problem_mark.column + 1)
        let offset = unsafe state.problem_mark.index
        switch problem {
        case "found character that cannot start any token":
            let isTab = unsafe text.indices.contains(offset) && text[offset] == UInt8(ascii: "\t")
            return mark.error(
                isTab
                    ? "a tab stands where a value or indentation begins: YAML indents with spaces only"
                    : "a plain value cannot begin with this character: put the value in quotes")
        case "mapping values are not allowed in this context":
            return mark.error(
                "a \":\" is not allowed here: wanted quotes around a text that holds \": \", or the indentation of its neighbours"
            )
        case "did not find expected key":
            return mark.error(
                "this does not continue the mapping before it: wanted a key at the mapping's indentation")
        case "did not find expected '-' indicator":
            return mark.error(
                "this does not continue the list before it: wanted \"- \" at the list's indentation")
        case "could not find expected ':'":
            return mark.error("wanted \"key: value\": the colon and a space after the key are missing")
        default:
            let context = unsafe state.context.map { unsafe " " + String(cString: $0) } ?? ""
            return mark.error(problem + context)
        }
    }

    private func mark(at offset: Int) -> YAMLMark {
        let before = unsafe text.prefix(offset)
        let line = unsafe before.count { $0 == UInt8(ascii: "\n") }
        let lineStart = unsafe before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return YAMLMark(line: line + 1, column: offset - lineStart + 1)
    }
}
