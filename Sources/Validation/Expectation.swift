// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// What a certificate must be good for, as far as somebody has said. Saying nothing asks for nothing.
package struct Expectation: Hashable, Sendable {
    /// Each must be among its subject alternative names, by RFC 6125's rules.
    package var names: [WantedName]
    package var usage: WantedUsage?
    /// Nobody asked for the usage in so many words; it follows from what is known. Then a certificate that leaves its
    /// usage open, as a self-signed one may, is only warned about.
    package var isUsageImplied: Bool

    package init(names: [WantedName] = [], usage: WantedUsage? = nil, isUsageImplied: Bool = false) {
        self.names = names
        self.usage = usage
        self.isUsageImplied = isUsageImplied
    }

    var asksForUsage: Bool { usage != nil && !isUsageImplied }
}

package enum WantedUsage: String, CaseIterable, Hashable, Sendable {
    case server
    case client

    /// `server auth`, as policies write it.
    package var text: String { "\(rawValue) auth" }

    package var extendedKeyUsage: ExtendedKeyUsage { self == .server ? .serverAuth : .clientAuth }
    var purpose: ChainPurpose { self == .server ? .server : .client }
}

/// A DNS name, an address or a URI that a certificate must carry. A wildcard asks for that very wildcard.
package struct WantedName: Hashable, Sendable {
    package let name: SubjectAlternativeName
    /// Longer or shorter forms of the same name; one of all suffices.
    package let otherForms: [SubjectAlternativeName]
    /// Who goes by it, `Service web`; empty where somebody simply asks for it.
    package let reason: String

    /// Refuses what no certificate can carry; a final dot goes.
    package init?(parsing text: String, or otherForms: [String] = [], reason: String = "") {
        guard let name = Self.name(text) else { return nil }
        self.name = name
        self.otherForms = otherForms.compactMap(Self.name)
        self.reason = reason
    }

    package func isCovered(by certificate: Certificate) -> Bool {
        Self.covers(certificate, name) || otherForms.contains { Self.covers(certificate, $0) }
    }

    private static func name(_ text: String) -> SubjectAlternativeName? {
        if let address = SubjectAlternativeName.ip(parsing: text) { return address }
        if text.contains("://") {
            guard text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }) else { return nil }
            return .uri(text)
        }
        let host = text.hasSuffix(".") ? String(text.dropLast()) : text
        return DNSNameSyntax.defect(of: host) == nil ? .dns(host) : nil
    }

    private static func covers(_ certificate: Certificate, _ name: SubjectAlternativeName) -> Bool {
        // A wildcard stands for itself, not for what another wildcard matches.
        guard case .dns(let host) = name, host.hasPrefix("*.") else { return certificate.covers(name) }
        return certificate.subjectAlternativeNames.contains { $0.text.lowercased() == host.lowercased() }
    }
}
