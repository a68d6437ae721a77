// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import OpenSSL
package import SigningProtocol
package import Validation

/// What a policy's certificates are like: `spec.certificate`.
package struct CertificateSettings: Hashable, Sendable {
    package var lifetime = CertificateLifetime.standard
    /// Seconds; nil leaves the agent's own random point in time.
    package var renewBefore: Int64?
    /// In the policy's order, each once.
    package var usages: [WantedUsage] = [.server, .client]
    package var keyAlgorithm = KeyAlgorithm.ecdsaP256
    /// Only where the policy wants one.
    package var commonName: VariableText?
    /// Whether pods on the host's network carry their node's addresses.
    package var includesHostIP = false

    package init() {}

    static let fields = ["duration", "renewBefore", "usages", "keyAlgorithm", "commonName", "hostIP"]
    /// RFC 5280, ub-common-name.
    static let longestCommonName = 64

    init(_ field: SpecField) {
        self.init()
        let duration = field.text(
            "duration",
            wanted:
                "a duration from \(CertificateLifetime.minimum.text) to \(CertificateLifetime.maximum.text)",
            fix: "Write for example 24h", CertificateLifetime.init(parsing:))
        if let duration { lifetime = duration }
        readRenewal(field)
        readUsages(field)
        let algorithms = KeyAlgorithm.allCases.map { ($0.rawValue, $0) }
        if let algorithm = field.word("keyAlgorithm", algorithms) { keyAlgorithm = algorithm }
        commonName = field.text(
            "commonName",
            wanted: "1 to \(Self.longestCommonName) printable characters, with variables like ${POD_NAME}",
            fix: "Leave it out: TLS looks at subjectAltNames alone"
        ) { text in
            let isPrintable = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
            return isPrintable && text.utf8.count <= Self.longestCommonName
                ? VariableText(parsing: text) : nil
        }
        includesHostIP = field.bool("hostIP") ?? false
    }

    private mutating func readRenewal(_ field: SpecField) {
        renewBefore = field.text(
            "renewBefore", wanted: "a duration shorter than the certificate's \(lifetime.text)",
            fix: "Write a third of it, or leave it out"
        ) { [lifetime] text in
            DurationText.seconds(in: text).flatMap { $0 > 0 && $0 < lifetime.seconds ? $0 : nil }
        }
    }

    private mutating func readUsages(_ field: SpecField) {
        guard let member = field.member("usages") else { return }
        let wanted = "a list of \"server auth\", \"client auth\" or both"
        let read = field.list("usages", limit: 2).compactMap { element in
            element.text(wanted: wanted, fix: "Write usages: [server auth, client auth]") { text in
                WantedUsage.allCases.first { $0.text == text }
            }
        }
        if member.view.isArray, member.view.count == 0 {
            member.invalid(wanted: wanted, fix: "Leave it out for both")
        }
        if !read.isEmpty { usages = WantedUsage.allCases.filter(read.contains) }
    }
}
