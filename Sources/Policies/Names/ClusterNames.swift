// SPDX-License-Identifier: Apache-2.0

/// The names of the cluster itself: its DNS domain and its SPIFFE trust domain, checked once at start.
package struct ClusterNames: Sendable, Hashable {
    package let clusterDomain: String
    package let trustDomain: String

    /// Refuses what is no lower-case DNS name. Most clusters use `cluster.local` for both.
    package init?(clusterDomain: String = "cluster.local", trustDomain: String = "cluster.local") {
        guard DNSRules.isName(clusterDomain), DNSRules.isName(trustDomain) else { return nil }
        self.clusterDomain = clusterDomain
        self.trustDomain = trustDomain
    }

    package static let standard = ClusterNames(checked: "cluster.local")

    private init(checked domain: String) { (clusterDomain, trustDomain) = (domain, domain) }

    /// The SPIFFE ID that the pods of a service account have.
    package func identity(of account: String, in namespace: String) -> String {
        "spiffe://\(trustDomain)/ns/\(namespace)/sa/\(account)"
    }

    /// The namespace that a name of the cluster's DNS lies in (`web.shop.svc`, `*.shop.pod.cluster.local`), empty
    /// where it lies in none (`kubernetes.svc`, `cluster.local`); nil for a name that is not the cluster's.
    package func owner(of host: String) -> String? {
        var labels = host.split(separator: ".").map(String.init)
        let domain = clusterDomain.split(separator: ".").map(String.init)
        if labels.suffix(domain.count) == domain[...] {
            labels.removeLast(domain.count)
            guard let kind = labels.last, kind == "svc" || kind == "pod" else { return "" }
        } else if labels.last != "svc" {
            return nil
        }
        labels.removeLast()
        return labels.last ?? ""
    }

    /// A namespace called `svc` or like a label of the cluster domain makes `<service>.<namespace>` look like
    /// the end of somebody else's name (`x.svc`, `x.cluster`) to a resolver with search paths.
    package func isAmbiguous(namespace: String) -> Bool {
        namespace == "svc" || clusterDomain.split(separator: ".").contains { $0 == namespace }
    }
}

/// What may stand in a certificate as a DNS name here: lower-case letters, digits and hyphens (RFC 1123), no
/// wildcard, no trailing dot.
package enum DNSRules {
    package static func isLabel(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != 0x2d, bytes.last != 0x2d else { return false }
        return bytes.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2d
        }
    }

    package static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isLabel(String($0)) }
    }
}
