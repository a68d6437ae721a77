// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Synchronization

/// Bundles as they were last written out: anybody may ask for one, as often as they like, and 150 certificates take
/// milliseconds to encode.
final class BundleTexts: Sendable {
    /// At 300 kB each, the most there can be, they come to 20 MB.
    static let limit = 64

    private struct Text {
        let certificates: [Certificate]
        let bytes: [UInt8]
    }

    private let texts = Mutex(BoundedMap<String, Text>(limit: limit))

    /// `place` is what was asked for; its certificates are the same objects for as long as nothing changes.
    func text(of certificates: [Certificate], at place: String) -> [UInt8] {
        let known = texts.withLock { $0[place] }
        if let known, known.certificates.count == certificates.count,
            zip(known.certificates, certificates).allSatisfy({ $0 === $1 })
        {
            return known.bytes
        }
        let bytes = Array(certificates.map(\.pem).joined().utf8)
        texts.withLock { $0[place] = Text(certificates: certificates, bytes: bytes) }
        return bytes
    }
}
