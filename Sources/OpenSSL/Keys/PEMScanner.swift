// SPDX-License-Identifier: Apache-2.0

/// Walks the lines of a text once and frames its PEM blocks; linear in the text, whatever it holds.
struct PEMScanner {
    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var lineNumber = 0
    private var found = 0
    /// Labels are shown to people; what is longer is no label of RFC 7468.
    private static let longestLabel = 64

    /// Borrows `text`, which must outlive the scanner.
    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    private enum Line {
        case begin(String?)
        case end(String)
        case blank
        case header(encrypted: Bool)
        case other
    }

    mutating func next() -> PEMBlock? {
        while let line = nextLine() {
            guard case .begin(let label) = classify(line) else { continue }
            defer { found += 1 }
            guard let label else {
                return block("?", begin: line, body: line.upperBound..<line.upperBound, .malformedBegin)
            }
            return readBlock(label, begin: line)
        }
        return nil
    }

    private mutating func readBlock(_ label: String, begin: Range<Int>) -> PEMBlock {
        let firstLine = lineNumber
        var bodyStart = position
        var headerLines = 0
        var isEncrypted = label == "ENCRYPTED PRIVATE KEY"
        var inHeaders = true
        while true {
            let (before, lineBefore) = (position, lineNumber)
            guard let line = nextLine() else {
                return block(label, begin: begin, body: bodyStart..<position, .noEnd, line: firstLine)
            }
            switch classify(line) {
            case .begin:
                // The next block is read as one of its own.
                (position, lineNumber) = (before, lineBefore)
                return block(
                    label, begin: begin, body: bodyStart..<before, .beginsAgain(line: lineBefore + 1),
                    line: firstLine)
            case .end(let ending):
                return block(
                    label, begin: begin, body: bodyStart..<line.lowerBound,
                    ending == label ? nil : .endsAs(ending),
                    line: firstLine, headerLines: headerLines, isEncrypted: isEncrypted)
            case .header(let encrypted) where inHeaders:
                isEncrypted = isEncrypted || encrypted
                headerLines += 1
                bodyStart = position
            case .blank where inHeaders && headerLines > 0:
                headerLines += 1
                bodyStart = position
                inHeaders = false
            default:
                if headerLines == 0 { inHeaders = false }
            }
        }
    }

    private func block(
        _ label: String, begin: Range<Int>, body: Range<Int>, _ defect: PEMError.Reason?, line: Int? = nil,
        headerLines: Int = 0, isEncrypted: Bool = false
    ) -> PEMBlock {
        PEMBlock(
            index: found, label: label, offset: begin.lowerBound, line: line ?? lineNumber,
            headerLines: headerLines,
            body: body, isEncrypted: isEncrypted, defect: defect)
    }

    /// The next line without its end and the blanks before that.
    private mutating func nextLine() -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        var end = start
        while end < text.count, byte(end) != UInt8(ascii: "\n") { end += 1 }
        position = min(end + 1, text.count)
        lineNumber += 1
        while end > start, isBlank(byte(end - 1)) { end -= 1 }
        return start..<end
    }

    private func classify(_ line: Range<Int>) -> Line {
        if line.isEmpty { return .blank }
        if starts(line, with: "-----BEGIN ") { return .begin(label(line, after: 11)) }
        if starts(line, with: "-----END ") { return .end(label(line, after: 9) ?? "?") }
        if starts(line, with: "Proc-Type:") { return .header(encrypted: contains(line, "ENCRYPTED")) }
        for index in line where byte(index) == UInt8(ascii: ":") { return .header(encrypted: false) }
        return .other
    }

    private func label(_ line: Range<Int>, after prefix: Int) -> String? {
        let range = line.lowerBound + prefix..<max(line.upperBound - 5, line.lowerBound + prefix)
        guard line.count >= prefix + 5, range.count <= Self.longestLabel else { return nil }
        for index in range.upperBound..<line.upperBound where byte(index) != UInt8(ascii: "-") { return nil }
        var label = ""
        for index in range {
            guard (0x20..<0x7f).contains(byte(index)) else { return nil }
            label.unicodeScalars.append(Unicode.Scalar(byte(index)))
        }
        return label
    }

    private func starts(_ line: Range<Int>, with prefix: StaticString) -> Bool {
        guard line.count >= prefix.utf8CodeUnitCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount
        where byte(line.lowerBound + index) != prefix.utf8Start[index] {
            return false
        }
        return true
    }

    private func contains(_ line: Range<Int>, _ word: StaticString) -> Bool {
        let last = line.upperBound - word.utf8CodeUnitCount
        guard last >= line.lowerBound else { return false }
        return (line.lowerBound...last).contains { starts($0..<line.upperBound, with: word) }
    }

    private func byte(_ index: Int) -> UInt8 { text[index] }
    private func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
