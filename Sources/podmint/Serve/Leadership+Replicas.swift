// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import Telemetry

extension Leadership {
    /// The election among the replicas of one installation: Lease `podmint` of its namespace.
    static func ofReplicas(
        _ client: APIClient, namespace: String, metrics: MetricsRegistry, logger: Logger
    ) -> Leadership {
        let leader = metrics.gauge(
            "podmint_leader", help: "1 in the replica that does what only one may do, else 0.")
        return Leadership(
            client: client, namespace: namespace, candidate: candidate,
            calendar: { MicroTime(microsecondsSinceEpoch: SystemTime.microseconds) },
            onChange: { change in
                switch change {
                case .gained:
                    leader.set(1)
                    logger.info("leading: this replica does what only one may do")
                case .lost:
                    leader.set(0)
                    logger.warning(
                        "no longer leading: the Lease was not renewed in time, or somebody took it")
                case .released:
                    leader.set(0)
                    logger.info("gave the lead back, for the next replica")
                case .follows(let holder):
                    logger.info("another replica leads", metadata: ["leader": "\(holder)"])
                case .failed(let error):
                    logger.warning(
                        "cannot read or write the Lease podmint; it is tried again", failure: error)
                }
            })
    }

    /// Host name, which in a cluster is the pod's, and a part that no other process has: what `kubectl get lease` shows.
    private static var candidate: String { "\(HostName.current)_\(Digest.hex(RandomBytes.make(4)))" }
}
