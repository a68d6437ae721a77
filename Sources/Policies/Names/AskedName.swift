// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// A name that policy or pod ask for beyond what the pod has of itself.
package struct AskedName: Hashable, Sendable {
    package enum Source: Hashable, Sendable, CustomStringConvertible {
        /// `spec.tls.subjectAltNames` of the policy.
        case policy
        /// The pod's annotations, as admission wrote them into its spec.
        case pod

        package var description: String {
            switch self {
            case .policy: "the policy's subjectAltNames"
            case .pod: "the pod's annotations"
            }
        }
    }

    package let name: SubjectAlternativeName
    package let source: Source

    package init(_ name: SubjectAlternativeName, from source: Source) {
        self.name = name
        self.source = source
    }

    /// As names are compared: lower case, one final dot off.
    package var normalised: AskedName {
        guard case .dns(let text) = name else { return self }
        return AskedName(.dns(AskedNameRules.normalised(text)), from: source)
    }
}

/// Why a name that is not the pod's own is given.
package enum NamePermission: Hashable, Sendable, CustomStringConvertible {
    /// The CA is the policy's alone: who trusts it chose to trust this policy.
    case ownAuthority
    /// An `allow` rule of the ClusterAuthority, as people find it there.
    case rule(String)

    package var description: String {
        switch self {
        case .ownAuthority: "the policy's own authority"
        case .rule(let rule): rule
        }
    }
}
