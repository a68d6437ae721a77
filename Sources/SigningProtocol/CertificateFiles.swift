// SPDX-License-Identifier: Apache-2.0

/// What the published PEM files are called: `tls.crt`, `tls.key`, `ca.crt` and `tls.pem`, unless a policy says otherwise.
///
/// Refuses names that are paths, that begin with a dot (the volume's own bookkeeping does), or that are used twice.
package struct CertificateFiles: Hashable, Sendable {
    /// Leaf, then intermediates, no root.
    package let certificate: String
    /// PKCS#8.
    package let key: String
    /// What to trust now.
    package let bundle: String
    /// The key, then the chain, for programs that want one file.
    package let combined: String

    package static let standard = CertificateFiles("tls.crt", "tls.key", "ca.crt", "tls.pem")

    /// In the order they are written.
    package var all: [String] { [certificate, key, bundle, combined] }

    package init?(
        certificate: String = "tls.crt", key: String = "tls.key", bundle: String = "ca.crt",
        combined: String = "tls.pem"
    ) {
        self.init(certificate, key, bundle, combined)
        let taken = all + [CertificatePaths.keystore, CertificatePaths.truststore]
        guard taken.allSatisfy(Self.isFileName), Set(taken).count == taken.count else { return nil }
    }

    /// `certificate=node.crt,key=node.key`, in any order; what is not named keeps its default.
    package init?(parsing text: String) {
        var names: [Substring: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, names.updateValue(String(sides[1]), forKey: sides[0]) == nil,
                Self.words.contains(String(sides[0]))
            else { return nil }
        }
        let standard = Self.standard
        self.init(
            certificate: names["certificate"] ?? standard.certificate, key: names["key"] ?? standard.key,
            bundle: names["ca"] ?? standard.bundle, combined: names["combined"] ?? standard.combined)
    }

    /// What differs from the default, as an environment variable carries it; empty when nothing does.
    package var text: String {
        zip(Self.words, zip(all, Self.standard.all)).filter { $1.0 != $1.1 }.map { "\($0)=\($1.0)" }
            .joined(separator: ",")
    }

    /// Letters, digits, `.`, `-` and `_`, at most 64, no dot in front: what fits into a list and into any shell.
    package static func isFileName(_ text: String) -> Bool {
        text.utf8.count <= 64 && text.utf8.first != UInt8(ascii: ".") && isEntryKey(text)
    }

    /// The key of an entry of a Secret or ConfigMap (the API server's `IsConfigMapKey`).
    package static func isEntryKey(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count) && text != "." && !text.hasPrefix("..")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static let words = ["certificate", "key", "ca", "combined"]

    private init(_ certificate: String, _ key: String, _ bundle: String, _ combined: String) {
        self.certificate = certificate
        self.key = key
        self.bundle = bundle
        self.combined = combined
    }
}
