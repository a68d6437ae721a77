// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// What policy and authority add to the names that a pod has of itself.
package struct NameGrant: Sendable {
    /// The CA signs for this policy alone.
    package var isOwnAuthority: Bool
    package var asked: [AskedName]
    /// The node's address for a pod on the host's network.
    package var includesHostAddress: Bool
    /// The `allow` rule that gives a name, as text; nil where none does. Not asked under a policy's own authority.
    package var rule: @Sendable (SubjectAlternativeName) -> String?

    package init(
        isOwnAuthority: Bool = false, asked: [AskedName] = [], includesHostAddress: Bool = false,
        rule: @escaping @Sendable (SubjectAlternativeName) -> String? = { _ in nil }
    ) {
        self.isOwnAuthority = isOwnAuthority
        self.asked = asked
        self.includesHostAddress = includesHostAddress
        self.rule = rule
    }

    /// Nothing but the pod's own names.
    package static let ownNames = NameGrant()

    package func permission(for name: SubjectAlternativeName) -> NamePermission? {
        if isOwnAuthority { return .ownAuthority }
        return rule(name).map { .rule($0) }
    }
}
