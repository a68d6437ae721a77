// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// Whether a pod may have a name that somebody asks for beyond its own. Pure.
///
/// Some names nobody gets by asking, whatever authority signs and whatever a rule says: those of other namespaces,
/// SPIFFE IDs, what names no machine. All else is up to the authority.
package struct AskedNameRules {
    private let namespace: String
    private let cluster: ClusterNames
    private let grant: NameGrant

    package init(namespace: String, cluster: ClusterNames, grant: NameGrant) {
        self.namespace = namespace
        self.cluster = cluster
        self.grant = grant
    }

    package enum Verdict {
        case allowed(NamePermission)
        case denied(String)
    }

    /// The name is normalised already.
    package func judge(_ asked: AskedName) -> Verdict {
        switch asked.name {
        case .dns(let name): dns(name, asked.source)
        case .ip(let bytes): ip(bytes, asked.source)
        case .uri(let text): uri(text)
        case .email, .other: .denied("is of a kind that podmint does not issue")
        }
    }

    private func dns(_ name: String, _ source: AskedName.Source) -> Verdict {
        let isWildcard = name.hasPrefix("*.")
        let host = isWildcard ? String(name.dropFirst(2)) : name
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else {
            return .denied("is not ASCII: write its A-labels (xn--...)")
        }
        guard DNSRules.isName(host), name.utf8.count <= 253 else { return .denied("is no valid DNS name") }
        // It could be taken for an address.
        guard let last = host.split(separator: ".").last, last.contains(where: { !$0.isNumber }) else {
            return .denied("ends in a number, as addresses do")
        }
        if host == "localhost" || host.hasSuffix(".localhost") {
            return policyOnly(source, "names every machine (loopback)")
        }
        if let owner = cluster.owner(of: host) {
            guard owner == namespace else {
                return .denied(
                    owner.isEmpty ? "belongs to the cluster itself" : "belongs to namespace \"\(owner)\"")
            }
            guard !cluster.isAmbiguous(namespace: namespace) else {
                return .denied("lies in a namespace that is called like a part of the cluster's domain")
            }
        }
        if isWildcard {
            guard host.contains(".") else { return .denied("is a wildcard over a whole top-level domain") }
            return policyOnly(source, "is a wildcard")
        }
        return byAuthority(.dns(name))
    }

    private func ip(_ bytes: [UInt8], _ source: AskedName.Source) -> Verdict {
        if AddressRules.isLoopback(bytes) {
            return policyOnly(source, "names every machine (loopback)")
        }
        guard AddressRules.namesOnePod(bytes) else {
            return .denied("names no one machine (unspecified, link-local, multicast or IPv4 in IPv6)")
        }
        return byAuthority(.ip(bytes))
    }

    private func uri(_ text: String) -> Verdict {
        guard !Self.isIdentity(text) else {
            return .denied("is a SPIFFE ID, and a pod has the one of its service account only")
        }
        guard URIRules.isAbsolute(text) else {
            return .denied("is no absolute URI of at most \(URIRules.longest) ASCII characters")
        }
        return byAuthority(.uri(text))
    }

    /// What a policy may say of its own authority, and nobody else anywhere.
    private func policyOnly(_ source: AskedName.Source, _ what: String) -> Verdict {
        guard grant.isOwnAuthority, source == .policy else {
            return .denied("\(what), which only the subjectAltNames of a policy with its own authority give")
        }
        return .allowed(.ownAuthority)
    }

    private func byAuthority(_ name: SubjectAlternativeName) -> Verdict {
        guard let permission = grant.permission(for: name) else {
            return .denied("is not the pod's own, and no allow rule of the ClusterAuthority gives it")
        }
        return .allowed(permission)
    }

    /// A SPIFFE ID says which service account somebody is.
    package static func isIdentity(_ uri: String) -> Bool { uri.lowercased().hasPrefix("spiffe:") }

    /// Lower case, one final dot off: as names are compared.
    package static func normalised(_ text: String) -> String {
        let lowered = text.lowercased()
        return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
    }
}

/// What may stand in a certificate as a URI (RFC 5280 section 4.2.1.6): absolute, with a host or an opaque part.
enum URIRules {
    static let longest = 2048

    static func isAbsolute(_ text: String) -> Bool {
        guard text.utf8.count <= longest, text.utf8.allSatisfy({ (0x21..<0x7f).contains($0) }),
            let colon = text.firstIndex(of: ":")
        else { return false }
        let scheme = text[..<colon].utf8
        guard let first = scheme.first, (0x41...0x5a).contains(first) || (0x61...0x7a).contains(first) else {
            return false
        }
        let isScheme = scheme.allSatisfy {
            (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
                || [0x2b, 0x2d, 0x2e].contains($0)
        }
        return isScheme && text[colon...].dropFirst().contains { $0 != "/" }
    }
}
