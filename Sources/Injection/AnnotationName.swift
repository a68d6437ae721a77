// SPDX-License-Identifier: Apache-2.0
internal import Policies

/// The annotations that people write on pods, without their prefix.
package enum AnnotationName: String, CaseIterable, Sendable {
    case inject
    case duration
    case renewBefore = "renew-before"
    case keyAlgorithm = "key-algorithm"
    case containers
    case mountPath = "mount-path"
    case owner
    case mode
    case policy
    case name
    case sans
    case ipSANs = "ip-sans"
    case uriSANs = "uri-sans"
    case reusePrivateKey = "reuse-private-key"
    case format
    case secret
    case certificateAuthorities = "certificate-authorities"
    case reload

    package static let prefix: StaticString = "podmint.dev/"
    /// What podmint writes itself (`InjectionStatus`).
    package static let status = "status"

    /// As it stands in a manifest.
    package var key: String { Self.prefix.description + rawValue }

    /// The path of an annotation in a pod.
    package static func field(_ key: String) -> String { "metadata.annotations[\(prefix)\(key)]" }

    /// What somebody probably meant: the closest name, if it is closer than half of what they wrote.
    package static func nearest(to text: String) -> AnnotationName? {
        Spelling.nearest(to: text, among: allCases, by: \.rawValue)
    }
}
