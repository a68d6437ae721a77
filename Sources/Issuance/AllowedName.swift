// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// A name that a pod's certificate carries, and what entitles the pod to it.
package struct AllowedName: Hashable, Sendable, CustomStringConvertible {
    package enum Source: Hashable, Sendable, CustomStringConvertible {
        case serviceAccount(String)
        case headlessService(String)
        case podAddress
        case service(String)

        package var description: String {
            switch self {
            case .serviceAccount(let name): "service account \(name)"
            case .headlessService(let name): "headless Service \(name) and the pod's hostname"
            case .podAddress: "the pod's address"
            case .service(let name): "Service \(name) selects the pod"
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
