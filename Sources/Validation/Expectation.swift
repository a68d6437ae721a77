// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// What a certificate must be good for, as far as somebody has said. Saying nothing asks for nothing.
package struct Expectation: Hashable, Sendable {
    /// Each must be among its subject alternative names, by RFC 6125's rules.
    package var names: [WantedName]
    package var usage: WantedUsage?

    package init(names: [WantedName] = [], usage: WantedUsage? = nil) {
        self.names = names
        self.usage = usage
    }
}

package enum WantedUsage: String, CaseIterable, Hashable, Sendable {
    case server
    case client

    /// `server auth`, as policies write it.
    package var text: String { "\(rawValue) auth" }

    var extendedKeyUsage: ExtendedKeyUsage { self == .server ? .serverAuth : .clientAuth }
    var purpose: ChainPurpose { self == .server ? .server : .client }
}

/// A DNS name, an address or a URI that a certificate must carry. A wildcard asks for that very wildcard.
package struct WantedName: Hashable, Sendable {
    package let name: SubjectAlternativeName

    /// Refuses what no certificate can carry; a final dot goes.
    package init?(parsing text: String) {
        if let address = SubjectAlternativeName.ip(parsing: text) {
            name = address
        } else if text.contains("://") {
            guard text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }) else { return nil }
            name = .uri(text)
        } else {
            let host = text.hasSuffix(".") ? String(text.dropLast()) : text
            guard DNSNameSyntax.defect(of: host) == nil else { return nil }
            name = .dns(host)
        }
    }

    func isCovered(by certificate: Certificate) -> Bool {
        // A wildcard stands for itself, not for what another wildcard matches.
        guard case .dns(let host) = name, host.hasPrefix("*.") else { return certificate.covers(name) }
        return certificate.subjectAlternativeNames.contains { $0.text.lowercased() == host.lowercased() }
    }
}
