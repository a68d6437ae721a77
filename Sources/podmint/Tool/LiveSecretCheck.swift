// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Validation

/// `podmint check secret NAME`: the Secret as it is in the cluster, held against the pods that use it there.
struct LiveSecretCheck {
    let report: FaultReport
    let title: String
    /// What could not be looked at.
    let notes: [String]

    init(_ name: String, in cluster: LiveCluster, clusterDomain: String, at time: Timestamp)
        throws(ToolFailure)
    {
        let namespace = cluster.namespace
        var secret = try cluster.object(.secrets, name, "Secret")
        secret["kind"] = "Secret"
        title = "Secret \(namespace)/\(name)"
        var objects = [secret]
        var notes: [String] = []
        let beside: [(APIResource, String)] = [
            (.services, "Service"), (.pods, "Pod"), (.tlsPolicies, "TLSPolicy"),
        ]
        for (resource, kind) in beside {
            if let found = cluster.all(resource, kind: kind) {
                objects += found
            } else {
                notes.append(
                    "\(title): you may not list \(resource.plural) in \(namespace), so names that pods need by them are not looked for"
                )
            }
        }
        self.notes = notes
        guard let document = try? JSONDocument(secret.serialized()),
            let kept = CertificateSecret(document.root, namespace: namespace)
        else {
            throw .failed(
                "\(title) holds no certificate",
                hint: "a certificate Secret is of type kubernetes.io/tls, or holds tls.crt or ca.key")
        }
        let review = CertificateReview(
            facts: ManifestFacts(objects, namespace: namespace), clusterDomain: clusterDomain,
            trustDomain: clusterDomain, clock: { time })
        // Whoever asks wants to know, also where admission is told not to look.
        report =
            review.standing(of: kept, named: name, in: namespace, .notYetSynced)
            ?? kept.report(Expectation(), at: time)
    }
}
