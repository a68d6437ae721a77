// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// Textual encodings (RFC 7468): finds the blocks of a text and decodes them, within bounds set before any decoding.
///
/// Text between blocks, CRLF and a missing last newline are tolerated, as every tool that reads PEM does. What is
/// wrong is told by block, since "malformed" about a chain of four helps nobody.
package enum PEM {
    /// How much is read at most. Decoders took super-linear time on large junk before (CVE-2024-12401).
    package struct Limits: Sendable {
        package let bytes: Int
        package let blocks: Int

        package init(bytes: Int, blocks: Int) {
            self.bytes = bytes
            self.blocks = blocks
        }

        /// An RSA-16384 key in PKCS#8 is 9.2 kB of DER, 12.5 kB of PEM; EC PARAMETERS may stand before a key.
        package static let privateKey = Limits(bytes: 13_000, blocks: 4)
        /// A leaf of 36.5 kB (hundreds of names) and nine issuers of 6.5 kB.
        package static let chain = Limits(bytes: 95_000, blocks: 10)
        /// 150 roots of 2.2 kB: the size of the public web's whole root programme.
        package static let bundle = Limits(bytes: 330_000, blocks: 150)
    }

    /// Where the blocks are; nothing is decoded or copied. A broken block is listed with its `defect`.
    package static func blocks(in text: RawSpan, limits: Limits) throws(PEMError) -> [PEMBlock] {
        guard text.byteCount <= limits.bytes else {
            throw PEMError(.tooLarge(bytes: text.byteCount, limit: limits.bytes))
        }
        let blocks = text.withUnsafeBytes { bytes in
            var scanner = PEMScanner(bytes)
            var blocks: [PEMBlock] = []
            while blocks.count <= limits.blocks, let block = scanner.next() { blocks.append(block) }
            return blocks
        }
        guard blocks.count <= limits.blocks else { throw PEMError(.tooManyBlocks(limit: limits.blocks)) }
        return blocks
    }

    package static func blocks(in text: [UInt8], limits: Limits) throws(PEMError) -> [PEMBlock] {
        try blocks(in: text.span.bytes, limits: limits)
    }

    /// The DER of a block found in this very text.
    package static func decode(_ block: PEMBlock, in text: RawSpan) throws(PEMError) -> SecretBytes {
        if let defect = block.defect { throw PEMError(defect, block) }
        let body = text.extracting(block.body)
        let defect = body.withUnsafeBytes { body -> PEMError.Reason? in
            var line = block.line + block.headerLines + 1
            var symbols = 0
            var padding = 0
            for byte in body {
                switch byte {
                case UInt8(ascii: "\n"): line += 1
                case UInt8(ascii: "\r"), UInt8(ascii: " "), UInt8(ascii: "\t"): break
                case UInt8(ascii: "="): padding += 1
                default:
                    guard Base64.isAlphabet(byte), padding == 0 else { return .notBase64(line: line) }
                    symbols += 1
                }
            }
            if symbols == 0 { return .empty }
            guard padding <= 2, (symbols + padding) % 4 == 0 else { return .truncated }
            return nil
        }
        if let defect { throw PEMError(defect, block) }
        guard let der = Self.decodeBody(body) else { throw PEMError(.truncated, block) }
        return der
    }

    /// Every certificate of a text, strictly: the first thing that is wrong is thrown, other blocks are refused.
    package static func certificates(in text: RawSpan, limits: Limits = .bundle) throws(PEMError)
        -> [Certificate]
    {
        let found = try blocks(in: text, limits: limits)
        guard !found.isEmpty else { throw PEMError(.noBlocks) }
        var certificates: [Certificate] = []
        for block in found {
            certificates.append(try certificate(block, in: text))
        }
        return certificates
    }

    package static func certificates(
        in text: [UInt8], limits: Limits = .bundle
    ) throws(PEMError) -> [Certificate] {
        try certificates(in: text.span.bytes, limits: limits)
    }

    package static func certificates(in text: String, limits: Limits = .bundle) throws(PEMError)
        -> [Certificate]
    {
        try certificates(in: Array(text.utf8), limits: limits)
    }

    package static func certificate(_ block: PEMBlock, in text: RawSpan) throws(PEMError) -> Certificate {
        guard block.isCertificate || block.defect != nil else { throw PEMError(.notACertificate, block) }
        let der = try decode(block, in: text)
        do throws(OpenSSLError) {
            return try der.withBytes { bytes throws(OpenSSLError) in try Certificate(der: bytes) }
        } catch {
            throw PEMError(.notX509(error), block)
        }
    }

    /// A block of this label around these bytes, 64 characters a line.
    package static func text(label: String, der: [UInt8]) -> String {
        var text = "-----BEGIN \(label)-----\n"
        var rest = Base64.encode(der)[...]
        while !rest.isEmpty {
            text += rest.prefix(64)
            text += "\n"
            rest = rest.dropFirst(64)
        }
        return text + "-----END \(label)-----\n"
    }

    /// `EVP_DecodeUpdate` skips line ends and blanks; the alphabet was checked before.
    private static func decodeBody(_ body: RawSpan) -> SecretBytes? {
        guard let context = EVP_ENCODE_CTX_new() else { return nil }
        defer {
            EVP_ENCODE_CTX_free(context)
            ERR_clear_error()
        }
        EVP_DecodeInit(context)
        // Its writes come in groups of three bytes for four symbols, plus one group held back.
        var secret = SecretBytes(capacity: body.byteCount / 4 * 3 + 3)
        let done = secret.fill { room in
            guard let start = room.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
            return body.withUnsafeBytes { source -> Int? in
                var written: CInt = 0
                var last: CInt = 0
                let text = source.baseAddress?.assumingMemoryBound(to: UInt8.self)
                guard EVP_DecodeUpdate(context, start, &written, text, CInt(source.count)) >= 0,
                    EVP_DecodeFinal(context, start + Int(written), &last) == 1
                else { return nil }
                return Int(written + last)
            }
        }
        guard done else { return nil }
        return secret
    }
}
