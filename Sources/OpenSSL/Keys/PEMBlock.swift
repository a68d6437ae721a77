// SPDX-License-Identifier: Apache-2.0

/// Where one `-----BEGIN …-----` block stands in a text. Holds no content, so it may be kept and printed.
package struct PEMBlock: Hashable, Sendable {
    /// Counted from 0 over all blocks of the text.
    package let index: Int
    package let label: String
    /// Of the BEGIN line's first dash.
    package let offset: Int
    /// Of the BEGIN line, counted from 1.
    package let line: Int
    /// Lines of RFC 1421 headers, with the blank one after them.
    let headerLines: Int
    /// The base64 lines.
    let body: Range<Int>
    /// A passphrase is needed: PKCS#8 `ENCRYPTED PRIVATE KEY`, or `Proc-Type: 4,ENCRYPTED` of the older form.
    package let isEncrypted: Bool
    /// What is wrong with the frame itself; what is wrong inside shows when it is decoded.
    package let defect: PEMError.Reason?

    package var isCertificate: Bool { label == "CERTIFICATE" || label == "X509 CERTIFICATE" }
    package var isTrustedCertificate: Bool { label == "TRUSTED CERTIFICATE" }
    package var isPrivateKey: Bool { label == "PRIVATE KEY" || label.hasSuffix(" PRIVATE KEY") }
}

/// What is wrong with a PEM text, and with which block of it.
package struct PEMError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case tooLarge(bytes: Int, limit: Int)
        case tooManyBlocks(limit: Int)
        case noBlocks
        case malformedBegin
        case noEnd
        case endsAs(String)
        case beginsAgain(line: Int)
        case notBase64(line: Int)
        case empty
        case truncated
        case notACertificate
        case notX509(OpenSSLError)
    }

    package let reason: Reason
    /// nil when the text as a whole is at fault.
    package let block: PEMBlock?

    package init(_ reason: Reason, _ block: PEMBlock? = nil) {
        self.reason = reason
        self.block = block
    }

    package var description: String {
        guard let block else { return reason.description }
        return "block \(block.index + 1) (\(block.label), line \(block.line)) \(reason)"
    }
}

extension PEMError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tooLarge(let bytes, let limit): "is \(bytes) bytes long, more than the \(limit) that are read"
        case .tooManyBlocks(let limit): "holds more than \(limit) PEM blocks"
        case .noBlocks: "holds no PEM block (no \"-----BEGIN …-----\" line)"
        case .malformedBegin: "has a BEGIN line that does not end in five dashes"
        case .noEnd: "has no END line: the text stops inside it"
        case .endsAs(let label): "ends with \"-----END \(label)-----\""
        case .beginsAgain(let line): "has no END line before the next block begins on line \(line)"
        case .notBase64(let line): "is not base64 on line \(line)"
        case .empty: "is empty"
        case .truncated: "is cut short: its base64 does not fill whole groups of four"
        case .notACertificate: "is not a certificate"
        case .notX509(let error): "is not an X.509 certificate: \(error)"
        }
    }
}
