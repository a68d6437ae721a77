// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Policies

/// What the cluster says of the things that policies rest on. Asked by the controller, never on the path of admission.
protocol PolicyFindings: Sendable {
    /// Nil while not enough is known to say anything.
    func authority(of policy: TLSPolicy) async -> Finding?
    func authority(of authority: ClusterAuthority) async -> Finding
    func trust(_ source: TrustSource, in namespace: String) async -> Finding
    /// What a pod under it was denied; nil where nothing was for a while.
    func denial(under policy: TLSPolicy) -> Finding?
    /// Nil where nobody knows.
    func pods(of policy: TLSPolicy) -> PolicyCount?
}
