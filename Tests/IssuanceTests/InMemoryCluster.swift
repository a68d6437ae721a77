// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import SigningProtocol
import Synchronization

@testable import Issuance

/// A small cluster: pods, Services, namespaces and the tokens it has made.
final class InMemoryCluster: PodAuthorityAPI {
    struct Contents {
        var pods: [String: Pod] = [:]
        var services: [Service] = []
        var namespaces: [String: Namespace] = [:]
        var tokens: [String: TokenReview] = [:]
        var reviews = 0
        var podReads = 0
        var isSilent = false
        /// What the node reports once a pod was read so many times.
        var late: (pod: String, addresses: [String], afterReads: Int)?
    }

    let contents = Mutex(Contents())

    init() {
        optIn("shop")
        contents.withLock {
            $0.services = [
                Service(
                    metadata: RecordMetadata(name: "web", namespace: "shop", uid: "s1"),
                    selector: ["app": "web"],
                    isHeadless: true),
                Service(
                    metadata: RecordMetadata(name: "shop-front", namespace: "shop", uid: "s2"),
                    selector: ["app": "web"]),
                Service(
                    metadata: RecordMetadata(name: "billing", namespace: "shop", uid: "s3"),
                    selector: ["app": "billing"]),
            ]
        }
    }

    func optIn(_ namespace: String, as value: String? = "enabled") {
        let labels = value.map { [Namespace.injectionLabel: $0] } ?? [:]
        contents.withLock {
            $0.namespaces[namespace] = Namespace(
                metadata: RecordMetadata(
                    name: namespace, namespace: "", uid: "ns-\(namespace)", labels: labels))
        }
    }

    func add(_ pod: Pod) {
        contents.withLock { $0.pods["\(pod.metadata.namespace)/\(pod.metadata.name)"] = pod }
    }

    func change(_ name: String, in namespace: String = "shop", _ body: (inout Pod) -> Void) {
        contents.withLock { contents in
            guard var pod = contents.pods["\(namespace)/\(name)"] else { return }
            body(&pod)
            contents.pods["\(namespace)/\(name)"] = pod
        }
    }

    func remove(_ name: String, in namespace: String = "shop") {
        contents.withLock { $0.pods["\(namespace)/\(name)"] = nil }
    }

    /// From the given read of a pod on, and not before, this pod has these addresses.
    func reportLate(_ name: String, in namespace: String = "shop", addresses: [String], afterReads reads: Int)
    {
        contents.withLock { $0.late = ("\(namespace)/\(name)", addresses, reads) }
    }

    func silence(_ isSilent: Bool = true) { contents.withLock { $0.isSilent = isSilent } }

    var reviews: Int { contents.withLock { $0.reviews } }
    var podReads: Int { contents.withLock { $0.podReads } }

    /// A token as the kubelet projects it.
    func token(
        for pod: Pod, audience: String = SigningToken.audience,
        _ change: (inout TokenReview) -> Void = { _ in }
    ) -> String {
        var review = TokenReview(
            isAuthenticated: true, audiences: [audience],
            username: "system:serviceaccount:\(pod.metadata.namespace):\(pod.serviceAccountName)",
            extra: [
                "authentication.kubernetes.io/pod-name": [pod.metadata.name],
                "authentication.kubernetes.io/pod-uid": [pod.metadata.uid],
            ])
        if let node = pod.nodeName { review.extra["authentication.kubernetes.io/node-name"] = [node] }
        change(&review)
        return contents.withLock { contents in
            let token = "header.payload-of-token-\(contents.tokens.count).signature"
            contents.tokens[token] = review
            return token
        }
    }

    func review(token: String, audience: String) async throws(ClusterSilence) -> TokenReview {
        let (review, isSilent) = contents.withLock {
            $0.reviews += 1
            return ($0.tokens[token], $0.isSilent)
        }
        guard !isSilent else { throw ClusterSilence("silent") }
        guard let review else { return TokenReview(isAuthenticated: false, error: "invalid bearer token") }
        // As the API server: a token of other audiences is not authenticated at all.
        guard review.audiences.contains(audience) else {
            return TokenReview(isAuthenticated: false, error: "token audiences do not include \(audience)")
        }
        return review
    }

    func pod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod? {
        let (pod, isSilent) = contents.withLock {
            $0.podReads += 1
            if let late = $0.late, $0.podReads > late.afterReads {
                $0.pods[late.pod]?.addresses = late.addresses
            }
            return ($0.pods["\(namespace)/\(name)"], $0.isSilent)
        }
        guard !isSilent else { throw ClusterSilence("silent") }
        return pod
    }

    func recentPod(named name: String, in namespace: String) async throws(ClusterSilence) -> Pod? {
        try await pod(named: name, in: namespace)
    }

    func services(in namespace: String) async throws(ClusterSilence) -> [Service] {
        contents.withLock { $0.services.filter { $0.metadata.namespace == namespace } }
    }

    func namespace(named name: String) async throws(ClusterSilence) -> Namespace? {
        contents.withLock { $0.namespaces[name] }
    }
}

extension Pod {
    /// The same pod with its agent there for another policy, and names wished for.
    mutating func inject(_ policy: String, names: String? = nil, duration: String = "24h") {
        let folder = "/var/run/secrets/podmint.dev/\(policy)"
        initContainers[0].environment = [
            .init("PODMINT_POLICY", policy), .init("PODMINT_DIRECTORY", folder),
            .init("PODMINT_DURATION", duration),
        ]
        if let names { initContainers[0].environment.append(.init("PODMINT_NAMES", names)) }
        initContainers[0].mounts[0] = .init("podmint-\(policy)", at: folder)
        volumes[0] = PodVolume(name: "podmint-\(policy)", source: .emptyDirectory(inMemory: true))
    }

    /// `web-0` of a StatefulSet in namespace `shop`, running, injected, with an address.
    static func fixture(
        _ name: String = "web-0", namespace: String = "shop", address: String = "10.0.0.7",
        _ change: (inout Pod) -> Void = { _ in }
    ) -> Pod {
        let agent = PodContainer(
            name: "podmint-agent", image: "registry.example/podmint-agent:1", command: ["/podmint-agent"],
            arguments: ["run"],
            environment: [
                .init("PODMINT_POLICY", "default"),
                .init("PODMINT_DIRECTORY", "/var/run/secrets/podmint.dev/default"),
                .init("PODMINT_DURATION", "24h"), .init("PODMINT_KEY_ALGORITHM", "ECDSA-P256"),
            ],
            mounts: [
                .init("podmint-default", at: "/var/run/secrets/podmint.dev/default"),
                .init("podmint-token", at: "/var/run/secrets/podmint.dev/.podmint", isReadOnly: true),
            ],
            restartsAlways: true)
        var pod = Pod(
            metadata: RecordMetadata(
                name: name, namespace: namespace, uid: "uid-\(namespace)-\(name)", labels: ["app": "web"]),
            serviceAccountName: "web", nodeName: "node-1", hostname: name, subdomain: "web", phase: .running,
            addresses: [address, "fd00::7"], initContainers: [agent],
            containers: [
                PodContainer(
                    name: "app",
                    mounts: [
                        .init("podmint-default", at: "/var/run/secrets/podmint.dev/default", isReadOnly: true)
                    ])
            ],
            volumes: [
                PodVolume(name: "podmint-default", source: .emptyDirectory(inMemory: true)),
                PodVolume(
                    name: "podmint-token",
                    source: .projected(tokens: [.init(audience: "podmint.dev", path: "token")])),
            ])
        change(&pod)
        return pod
    }
}
