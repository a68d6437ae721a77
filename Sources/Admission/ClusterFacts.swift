// SPDX-License-Identifier: Apache-2.0

/// What admission may know of the cluster: from caches, at once, never by asking the API server.
package protocol ClusterFacts: Sendable {
    func labels(ofNamespace name: String) -> NamespaceLabels
}

package enum NamespaceLabels: Hashable, Sendable {
    case known([String: String])
    /// The cache is filled and does not have it: a namespace so new that its creation is still on the way here. The API
    /// server saw its labels, else it would not have asked.
    case unheard
    /// The cache is not filled yet.
    case notYetSynced

    var isUnknown: Bool { self == .unheard || self == .notYetSynced }

    package subscript(_ key: String) -> String? {
        if case .known(let labels) = self { labels[key] } else { nil }
    }

    /// Nothing is changed or refused there; what would have happened comes back as warnings.
    package var asksForAudit: Bool { self["podmint.dev/injection"] == "audit" }

    /// Pods there are given what they ask for.
    package var injects: Bool { ["enabled", "policies"].contains(self["podmint.dev/injection"]) }

    /// All pods there are looked at, because TLSPolicies may select them by label.
    package var selectsByPolicy: Bool { self["podmint.dev/injection"] == "policies" }

    package var enforcesRestricted: Bool { self["pod-security.kubernetes.io/enforce"] == "restricted" }
}
