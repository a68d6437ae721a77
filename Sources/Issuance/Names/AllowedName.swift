// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// A name that a pod's certificate carries, and what entitles the pod to it.
package struct AllowedName: Hashable, Sendable, CustomStringConvertible {
    package enum Source: Hashable, Sendable, CustomStringConvertible {
        case serviceAccount(String)
        case headlessService(String)
        case podAddress
        case hostAddress
        case service(String)
        /// Asked for, and why it may be had.
        case asked(AskedName.Source, by: Permission)

        package var description: String {
            switch self {
            case .serviceAccount(let name): "service account \(name)"
            case .headlessService(let name): "headless Service \(name) and the pod's hostname"
            case .podAddress: "the pod's address"
            case .hostAddress: "the node's address, as the policy says"
            case .service(let name): "Service \(name) selects the pod"
            case .asked(let source, let permission): "\(source), allowed by \(permission)"
            }
        }
    }

    /// Why a name that is not the pod's own is given.
    package enum Permission: Hashable, Sendable, CustomStringConvertible {
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

    package let name: SubjectAlternativeName
    package let source: Source

    package var description: String { "\(name.text) (\(source))" }
}

/// A name that the pod seems to have but does not get, and why: for `explain` and the log.
package struct WithheldName: Hashable, Sendable {
    package let name: String
    package let reason: String
}

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
    var normalised: AskedName {
        guard case .dns(let text) = name else { return self }
        return AskedName(.dns(AskedNameRules.normalised(text)), from: source)
    }
}

/// A name that was asked for and may not be had: the certificate is refused with it.
package struct DeniedName: Hashable, Sendable {
    package let name: String
    package let source: AskedName.Source
    /// The rule, in words that go on after the name: `belongs to namespace "billing"`.
    package let rule: String
}
