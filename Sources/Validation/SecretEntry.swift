// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// The entries of a Secret that podmint looks at.
package enum SecretEntryName: String, CaseIterable, Hashable, Sendable {
    case certificate = "tls.crt"
    case key = "tls.key"
    case authority = "ca.crt"
    case authorityKey = "ca.key"
}

/// Why an entry could not be read, or a part of it.
enum EntryProblem: Hashable, Sendable {
    case empty
    case notBase64
    case tooLarge(bytes: Int, limit: Int)
    case pem(PEMError)
    case key(KeyError)
}

/// One entry as it stands in the Secret, its bytes in wiped memory.
struct EntryReader {
    enum Content: ~Copyable {
        case absent
        case unreadable(EntryProblem)
        case bytes(SecretBytes)
    }

    let secret: JSONView

    /// `stringData` wins over `data`, as the API server merges them; a review holds only `data`.
    func source(of name: SecretEntryName) -> (view: JSONView, isText: Bool)? {
        if let view = secret["stringData" as StaticString]?[name.rawValue], !view.isNull {
            return (view, true)
        }
        if let view = secret["data" as StaticString]?[name.rawValue], !view.isNull { return (view, false) }
        return nil
    }

    func field(of name: SecretEntryName) -> String {
        let isText = source(of: name)?.isText ?? false
        return "\(isText ? "stringData" : "data")[\(name.rawValue)]"
    }

    /// Decodes no more than `limit` bytes: what is larger is told by its size alone.
    func content(of name: SecretEntryName, limit: Int) -> Content {
        guard let (view, isText) = source(of: name) else { return .absent }
        var problem = EntryProblem.notBase64
        var decoded: SecretBytes?
        unsafe view.withUTF8 { text in
            let bytes = unsafe UnsafeRawBufferPointer(text).bytes
            let size = isText ? bytes.byteCount : bytes.byteCount / 4 * 3
            // Two bytes of slack: padding is part of the estimate.
            guard size <= limit + 2 else {
                problem = .tooLarge(bytes: size, limit: limit)
                return
            }
            decoded = isText ? SecretBytes(copying: bytes) : Base64.decodeSecret(bytes)
        }
        guard let decoded else { return .unreadable(problem) }
        return .bytes(decoded)
    }
}
