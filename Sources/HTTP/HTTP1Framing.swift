// SPDX-License-Identifier: Apache-2.0

/// What a message's fields say about where its body ends and what comes after. RFC 9112 section 6
struct HTTP1Framing {
    var contentLength: Int?
    var isChunked = false
    var hostCount = 0
    var wantsClose = false
    var wantsKeepAlive = false
    var expectsContinue = false

    /// Reads the fields that govern framing. Refuses whatever could be read in two ways: both lengths, any length
    /// twice, any transfer coding but `chunked`.
    init(_ entries: [HTTPFields.Entry], _ bytes: UnsafeRawBufferPointer) throws(HTTP1Refusal) {
        for entry in entries {
            let name = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.name])
            let value = unsafe UnsafeRawBufferPointer(rebasing: bytes[entry.value])
            switch entry.nameCount {
            case 4 where unsafe Self.equal(name, "host"):
                hostCount += 1
            case 6 where unsafe Self.equal(name, "expect"):
                guard unsafe Self.equal(value, "100-continue") else {
                    throw HTTP1Refusal(status: 417, "an expectation other than 100-continue")
                }
                expectsContinue = true
            case 10 where unsafe Self.equal(name, "connection"):
                unsafe readConnection(value)
            case 14 where unsafe Self.equal(name, "content-length"):
                guard contentLength == nil else { throw HTTP1Refusal("more than one content-length") }
                contentLength = try unsafe Self.length(value)
            case 17 where unsafe Self.equal(name, "transfer-encoding"):
                guard !isChunked else { throw HTTP1Refusal("more than one transfer-encoding") }
                guard unsafe Self.equal(value, "chunked") else {
                    throw HTTP1Refusal(status: 501, "a transfer-encoding other than chunked")
                }
                isChunked = true
            default: continue
            }
        }
        if isChunked && contentLength != nil {
            throw HTTP1Refusal("both content-length and transfer-encoding")
        }
    }

    private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
        let parts = unsafe value.split(separator: UInt8(ascii: ","))
        for index in unsafe parts.indices {
            var option = unsafe UnsafeRawBufferPointer(rebasing: parts[index])
            while unsafe option.first == ASCII.space || option.first == ASCII.tab {
                unsafe option = UnsafeRawBufferPointer(rebasing: option.dropFirst())
            }
            while unsafe option.last == ASCII.space || option.last == ASCII.tab {
                unsafe option = UnsafeRawBufferPointer(rebasing: option.dropLast())
            }
            if unsafe Self.equal(option, "close") { wantsClose = true }
            if unsafe Self.equal(option, "keep-alive") { wantsKeepAlive = true }
        }
    }

    /// 1*DIGIT and nothing else: no sign, no list. 15 digits are a petabyte and cannot overflow.
    private static func length(_ value: UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Int {
        guard unsafe !value.isEmpty else { throw HTTP1Refusal("a content-length that is not a number") }
        var result = 0
        for index in value.indices {
            guard let digit = unsafe ASCII.digit(value[index]) else {
                throw HTTP1Refusal("a content-length that is not a number")
            }
            guard result < 100_000_000_000_000 else {
                throw HTTP1Refusal(status: 413, "a content-length beyond reason")
            }
            result = result * 10 + digit
        }
        return result
    }

    /// Whether the bytes are this lower-case word, case aside.
    static func equal(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        let word = unsafe word.utf8Start
        for index in 0..<bytes.count where unsafe ASCII.lowercased(bytes[index]) != word[index] {
            return false
        }
        return true
    }
}

extension HTTPFields.Entry {
    var name: Range<Int> { Int(nameStart)..<Int(nameStart + nameCount) }
    var value: Range<Int> { Int(valueStart)..<Int(valueStart + valueCount) }
}
