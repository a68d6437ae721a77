// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// The pod that a token was made for. There is no way to make one but from a TokenReview that passed every
/// check here; what it says about the pod is still compared with the live pod before anything is signed.
package struct PodCaller: Hashable, Sendable {
    package let namespace: String
    package let serviceAccount: String
    package let podName: String
    package let podUID: String
    /// Only API servers from 1.30 on say it (`authentication.kubernetes.io/node-name`).
    package let nodeName: String?

    /// Refuses an unauthenticated token, one of another audience, one of a person or a node, and one that is
    /// bound to no pod.
    init(_ review: TokenReview) throws(Refusal) {
        guard review.isAuthenticated, review.error.isEmpty else {
            throw .tokenRejected(
                "the API server does not accept this token",
                hint:
                    "it may have expired or belong to a pod that is gone; the kubelet renews the projected token"
            )
        }
        guard review.audiences.contains(SigningToken.audience) else {
            throw .tokenRejected(
                "this token was not made for podmint",
                hint: "project a serviceAccountToken with audience \(SigningToken.audience)")
        }
        // Exactly four parts: a name with a colon in it must not shift one part into another's place.
        let parts = review.username.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount",
            DNSRules.isLabel(parts[2]), DNSRules.isName(parts[3])
        else {
            throw .tokenRejected(
                "this token is not a service account's", hint: "use the pod's own projected token")
        }
        guard let podName = Self.only(review.extra["authentication.kubernetes.io/pod-name"]),
            let podUID = Self.only(review.extra["authentication.kubernetes.io/pod-uid"]),
            DNSRules.isName(podName), podUID.utf8.count <= 128
        else {
            throw .tokenRejected(
                "this token is bound to no pod",
                hint:
                    "only tokens that the kubelet projects into a pod are; `kubectl create token` makes others"
            )
        }
        namespace = parts[2]
        serviceAccount = parts[3]
        self.podName = podName
        self.podUID = podUID
        nodeName = Self.only(review.extra["authentication.kubernetes.io/node-name"])
    }

    package var pod: String { "pod \(podName) in \"\(namespace)\"" }

    private static func only(_ values: [String]?) -> String? {
        guard let values, values.count == 1, let value = values.first, !value.isEmpty else { return nil }
        return value
    }
}
