// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// What issuance asks the cluster. Pods and tokens are always answered live; Services and namespaces may come
/// from a synced cache, since a storm of pods would otherwise list them thousands of times.
package protocol PodAuthorityAPI: Sendable {
    /// One TokenReview with this audience and no other.
    func review(token: String, audience: String) async throws(ClusterSilence) -> TokenReview
    /// Nil where there is none of that name.
    func pod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod?
    /// The same as it was moments ago, at little cost: for what grants nothing.
    func recentPod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod?
    func services(in namespace: String) async throws(ClusterSilence) -> [Service]
    func namespace(named name: String) async throws(ClusterSilence) -> Namespace?
}

/// The cluster gave no answer, or none that can be understood. Never means "no".
package struct ClusterSilence: Error, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}
