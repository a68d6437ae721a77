// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
package import Policies

/// A name that a pod's certificate carries, and what entitles the pod to it.
package struct AllowedName: Hashable, Sendable, CustomStringConvertible {
    package enum Source: Hashable, Sendable, CustomStringConvertible {
        case serviceAccount(String)
        case headlessService(String)
        case podAddress
        case hostAddress
        case service(String)
        /// Asked for, and why it may be had.
        case asked(AskedName.Source, by: NamePermission)

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

    package let name: SubjectAlternativeName
    package let source: Source

    package var description: String { "\(name.text) (\(source))" }
}

/// A name that the pod seems to have but does not get, and why: for `explain` and the log.
package struct WithheldName: Hashable, Sendable {
    package let name: String
    package let reason: String
}

/// A name that was asked for and may not be had: the certificate is refused with it.
package struct DeniedName: Hashable, Sendable {
    package let name: String
    package let source: AskedName.Source
    /// The rule, in words that go on after the name: `belongs to namespace "billing"`.
    package let rule: String
}
