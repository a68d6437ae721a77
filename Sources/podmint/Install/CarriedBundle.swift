// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import OpenSSL

/// The `caBundle` that the installed webhooks have, put into new manifests: an entry that is new in them then works from
/// its first moment, not only once the server has written there.
///
/// It is marked by a line before the first certificate, which PEM readers skip: the server writes what is marked again, without
/// the line, and so becomes the field's owner.
struct CarriedBundle {
    /// PEM, marked.
    let pem: [UInt8]

    private static let mark = "# carried over by podmint manifests\n"
    /// Eight anchors and our own, of 2 kB each at the most, are 18 kB; more than this no API server takes.
    private static let limit = 330_000

    init(file: String) throws(ToolFailure) {
        let bytes: [UInt8]
        let found: [Certificate]
        do {
            bytes = try SmallFile.read(file, limit: Self.limit)
            found = try PEM.certificates(in: bytes)
        } catch {
            throw .failed(
                "the bundle \(file) cannot be read: \(error)",
                hint:
                    "wanted: PEM certificates, such as the installed webhooks' caBundle, decoded from Base64")
        }
        pem = Array(Self.mark.utf8) + Array(found.map(\.pem).joined().utf8)
    }

    static func isMarked(_ pem: [UInt8]) -> Bool { pem.starts(with: mark.utf8) }
}
