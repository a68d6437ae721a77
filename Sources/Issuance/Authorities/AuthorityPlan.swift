// SPDX-License-Identifier: Apache-2.0
package import Policies

/// Which CA signs for a policy, as the policy and cluster objects say it: a name, and where it comes from.
package struct AuthorityPlan: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// podmint makes it, and whoever is first decides.
        case own(AuthorityDescription)
        /// A person made it: `ca.crt` and `ca.key` of a Secret.
        case secret(namespace: String, name: String)
    }

    /// `default`, a ClusterAuthority's name, or `<namespace>.<policy>`.
    package let name: String
    package let source: Source
    /// Whose policy's it is alone; nil where namespaces share it.
    package let namespace: String?
    /// That namespace's, as far as it has been looked up.
    var namespaceUID: String?

    package init(name: String, source: Source, namespace: String? = nil) {
        self.name = name
        self.source = source
        self.namespace = namespace
    }

    package static let standard = AuthorityPlan(
        name: AuthorityDescription.standard.name, source: .own(.standard))

    /// One made by podmint, kept where the name says.
    package static func own(
        _ name: String, lifetime: Int64, keyStorage: SelfSignedAuthority.KeyStorage, namespace: String? = nil
    ) -> AuthorityPlan {
        AuthorityPlan(
            name: name,
            source: .own(
                AuthorityDescription(
                    name: name, secret: AuthoritySecret.name(of: name), lifetime: lifetime,
                    keyStorage: keyStorage)), namespace: namespace)
    }

    /// Which of two plans are for the same CA: policies that name one Secret share what is in it.
    var place: String {
        switch source {
        case .own: name
        case .secret(let namespace, let secret): "\(namespace)/\(secret)"
        }
    }

    func isSame(as other: AuthorityPlan) -> Bool {
        source == other.source && namespaceUID == other.namespaceUID
    }

    /// Nil of a shared authority.
    var mark: NamespaceMark? {
        guard let namespace, let namespaceUID else { return nil }
        return NamespaceMark(name: namespace, uid: namespaceUID)
    }

    /// Every replica has a CA of its own: pods must learn of each before it signs.
    var isPerReplica: Bool {
        if case .own(let description) = source { description.keyStorage == .memory } else { false }
    }
}
