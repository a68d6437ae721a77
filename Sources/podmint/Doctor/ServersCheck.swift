// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// The servers in the cluster: whether the Service leads to ready ones, and whether one of them leads.
struct ServersCheck {
    let namespace: String
    /// Seconds since the epoch.
    let now: Int64

    func service(_ slices: [JSONValue]) -> Diagnosis {
        let ready = Set(
            slices.flatMap { $0["endpoints"]?.array ?? [] }
                // The API: an endpoint that does not say is ready.
                .filter { $0.at("conditions", "ready")?.bool != false }
                .flatMap { $0["addresses"]?.array?.compactMap(\.string) ?? [] })
        let object = "Service \(namespace)/podmint"
        guard !ready.isEmpty else {
            return .faulty(
                "NoEndpoints", object, "has no ready endpoint: annotated pods cannot be created",
                fix:
                    "kubectl -n \(namespace) get pods; in an emergency, docs/install.md has the one-line rescue"
            )
        }
        return .good(
            "NoEndpoints", object, "leads to \(ready.count) ready server\(ready.count == 1 ? "" : "s")")
    }

    func deployment(_ deployment: JSONValue) -> Diagnosis {
        let wanted = deployment.at("spec", "replicas")?.integer ?? 1
        let ready = deployment.at("status", "readyReplicas")?.integer ?? 0
        let object = "Deployment \(namespace)/podmint"
        guard ready < wanted else { return .good("ServersNotReady", object, "\(ready) of \(wanted) ready") }
        return .faulty(
            "ServersNotReady", object, "\(ready) of \(wanted) ready",
            fix:
                "kubectl -n \(namespace) describe pods -l app.kubernetes.io/component=server; /readyz?verbose says what one waits for"
        )
    }

    func lease(_ lease: JSONValue?) -> Diagnosis {
        let object = "Lease \(namespace)/podmint"
        let fix = "a running podmint takes it within a minute: look at its log for the Lease"
        guard let lease, let holder = lease.at("spec", "holderIdentity")?.string, !holder.isEmpty else {
            return .faulty(
                "NoLeader", object, "nobody leads, so nobody keeps caBundle and trust anchors", fix: fix)
        }
        let renewed = lease.at("spec", "renewTime")?.string.flatMap(Timestamp.init(parsing:))
        let duration = lease.at("spec", "leaseDurationSeconds")?.integer ?? 15
        guard let renewed, now - renewed.secondsSinceEpoch <= duration + Self.grace else {
            return .faulty(
                "NoLeader", object,
                "\(holder) led until \(renewed?.description ?? "an unknown time"), nobody does now", fix: fix)
        }
        return .good("NoLeader", object, "\(holder) leads")
    }

    /// Clocks that differ a little, which has a line of its own.
    private static let grace: Int64 = 15
}
