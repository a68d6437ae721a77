// SPDX-License-Identifier: Apache-2.0
import Admission
import JSON
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Policies
import Synchronization
import Telemetry
import Testing
import Validation

@testable import podmint

/// A namespace `shop` with what is put in, its own hour, and an ear for Events.
private final class Shop: WatchedCertificates, ClusterFacts, EventRecording {
    struct Told: Equatable {
        let reason: String
        let name: String
        let message: String
    }

    struct State: Sendable {
        var secrets: [ObjectKey: CertificateSecret] = [:]
        var pods: [PodUse]? = []
        var labels = ["podmint.dev/injection": "enabled"]
        var policies: [TLSPolicy]? = []
        var now: Int64 = 1_800_000_000
        var leads = true
        var told: [Told] = []
    }

    let state = Mutex(State())

    var secrets: [ObjectKey: CertificateSecret] { state.withLock(\.secrets) }
    var pods: [String: [PodUse]] { ["shop": state.withLock(\.pods) ?? []] }
    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        secrets[ObjectKey(namespace: namespace, name: name)].map { .known($0) } ?? .absent
    }
    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        state.withLock { $0.pods?.filter { $0.uses(name) } }
    }
    func services(in namespace: String) -> [Service]? { [] }
    func policies(in namespace: String) -> [TLSPolicy]? { state.withLock(\.policies) }
    func labels(ofNamespace name: String) -> NamespaceLabels { .known(state.withLock(\.labels)) }
    func record(on object: ObjectReference, _ kind: Happening.Kind, reason: String, message: String) {
        state.withLock { $0.told.append(Told(reason: reason, name: object.name, message: message)) }
    }

    /// What was told since somebody asked.
    func told() -> [String] {
        state.withLock { state in
            defer { state.told = [] }
            return state.told.map { "\($0.reason) \($0.name)" }
        }
    }
}

struct CertificateWatchmanTests {
    private let shop = Shop()
    private let metrics = UserCertificateMetrics(MetricsRegistry())
    private let watchman: CertificateWatchman

    init() {
        let shop = shop
        watchman = CertificateWatchman(
            watch: shop,
            review: CertificateReview(
                facts: shop, clusterDomain: "cluster.local", trustDomain: "cluster.local",
                clock: { Timestamp(secondsSinceEpoch: shop.state.withLock(\.now)) }),
            facts: shop, events: shop, metrics: metrics, leads: { shop.state.withLock(\.leads) })
    }

    /// A certificate that ends so many days from the beginning, and was made a year before.
    private func store(
        _ name: String = "web-tls", days: Int64 = 300, version: String = "1", ownKey: Bool = true,
        metadata: JSONObject = [:], isPlaceholder: Bool = false
    ) throws {
        let made = try CertificateIssuer.selfSigned(
            commonName: "web", algorithm: .ecdsaP256, notBefore: 1_800_000_000 - 365 * 86_400,
            notAfter: 1_800_000_000 + days * 86_400)
        let key = ownKey ? made.key : try PrivateKey.generate(.ecdsaP256)
        var metadata = metadata
        metadata["name"] = .string(name)
        metadata["namespace"] = "shop"
        metadata["resourceVersion"] = .string(version)
        let secret: JSONValue = [
            "type": "kubernetes.io/tls", "metadata": .object(metadata),
            "data": isPlaceholder
                ? ["tls.crt": "", "tls.key": ""]
                : [
                    "tls.crt": .string(Base64.encode(Array(made.certificate.pem.utf8))),
                    "tls.key": .string(
                        key.withPEM { Base64.encode(Array(String(decoding: $0, as: UTF8.self).utf8)) }),
                ],
        ]
        let kept = try #require(CertificateSecret(JSONDocument(secret.serialized()).root))
        shop.state.withLock { $0.secrets[ObjectKey(namespace: "shop", name: name)] = kept }
    }

    private func look(after seconds: Int64 = 0) -> [String] {
        let now = shop.state.withLock { state in
            state.now += seconds
            return state.now
        }
        watchman.lookAtSecrets(at: now)
        return shop.told()
    }

    private var standing: [Int] { UserCertificateMetrics.State.allCases.map { metrics.standing.value($0) } }

    @Test func `good, expiring and faulty ones are counted, and the bad are told`() throws {
        try store("good")
        try store("old", days: 10)
        try store("bad", ownKey: false)
        #expect(look().sorted() == ["CertificateExpiresSoon old", "CertificateFaulty bad"])
        #expect(standing == [1, 1, 1])
        shop.state.withLock { $0.secrets = [:] }
        #expect(look().isEmpty)
        #expect(standing == [0, 0, 0])
    }

    @Test func `a fault is told once, and a new one again, as time goes by`() throws {
        try store(days: 20)
        #expect(look() == ["CertificateExpiresSoon web-tls"])
        for _ in 0..<3 { #expect(look(after: 600).isEmpty) }
        // It ends without anybody touching it.
        #expect(look(after: 20 * 86_400) == ["CertificateFaulty web-tls"])
        #expect(look(after: 600).isEmpty)
        #expect(standing == [0, 0, 1])
        // Mended, and broken again: that is news.
        try store(version: "2")
        #expect(look().isEmpty)
        #expect(standing == [1, 0, 0])
        try store(version: "3", ownKey: false)
        #expect(look() == ["CertificateFaulty web-tls"])
    }

    @Test func `between two looks nothing is parsed again, but for a change`() throws {
        try store(days: 300)
        #expect(look().isEmpty)
        let day: Int64 = 301 * 86_400
        shop.state.withLock { $0.now += day }
        watchman.lookAtSecrets(at: 1_800_000_000 + 599)
        #expect(standing == [1, 0, 0])
        watchman.lookAtSecrets(at: 1_800_000_000 + 600)
        #expect(standing == [0, 0, 1])
    }

    @Test func `who does not lead counts and is silent, and tells once it leads`() throws {
        shop.state.withLock { $0.leads = false }
        try store(ownKey: false)
        #expect(look().isEmpty)
        #expect(standing == [0, 0, 1])
        shop.state.withLock { $0.leads = true }
        #expect(look(after: 600) == ["CertificateFaulty web-tls"])
        // Having led before is no reason to tell again.
        shop.state.withLock { $0.leads = false }
        #expect(look(after: 600).isEmpty)
        shop.state.withLock { $0.leads = true }
        #expect(look(after: 600).isEmpty)
    }

    @Test func `what is Off, to be filled by its owner, or not to be judged yet is left out`() throws {
        try store(ownKey: false, metadata: ["annotations": ["podmint.dev/validation": "Off"]])
        try store(
            "managed", metadata: ["annotations": ["cert-manager.io/certificate-name": "web"]],
            isPlaceholder: true)
        #expect(look().isEmpty)
        #expect(standing == [0, 0, 0])
        try store(
            "managed", version: "2", metadata: ["annotations": ["cert-manager.io/certificate-name": "x"]])
        #expect(look().isEmpty)
        #expect(standing == [1, 0, 0])
        shop.state.withLock { $0.secrets = [:] }
        for path: WritableKeyPath<Shop.State, Bool> in [\.knowsNoPods, \.knowsNoPolicies] {
            shop.state.withLock { $0[keyPath: path] = true }
            try store(ownKey: false)
            #expect(look().isEmpty && standing == [0, 0, 0])
            shop.state.withLock { $0[keyPath: path] = false }
            #expect(look() == ["CertificateFaulty web-tls"])
            shop.state.withLock { $0.secrets = [:] }
            _ = look()
        }
    }

    @Test func `a namespace that goes from Off to Enforce is looked at in the next round`() throws {
        shop.state.withLock { $0.labels["podmint.dev/validation"] = "Off" }
        try store(ownKey: false)
        #expect(look().isEmpty && standing == [0, 0, 0])
        shop.state.withLock { $0.labels["podmint.dev/validation"] = nil }
        #expect(look(after: 10) == ["CertificateFaulty web-tls"])
        #expect(standing == [0, 0, 1])
    }

    @Test func `the Event says what is wrong and how to mend it, three faults at most`() throws {
        try store(days: -1, ownKey: false)
        watchman.lookAtSecrets(at: 1_800_000_000)
        let message = try #require(shop.state.withLock(\.told.first)?.message)
        #expect(message.contains("[KeyMismatch]") && message.contains("[Expired]"))
        #expect(message.contains("openssl"))
    }

    @Test func `pods that missed injection are counted by all and told by who leads, once`() throws {
        let text =
            #"{"metadata": {"name": "early", "namespace": "shop", "uid": "u1", "annotations": {"podmint.dev/inject": "true"}}, "spec": {"containers": [{"name": "a", "image": "x"}]}}"#
        let pod = try #require(PodUse(try JSONDocument(text).root))
        shop.state.withLock {
            $0.pods = [pod]
            $0.leads = false
        }
        watchman.lookAtPods()
        #expect(metrics.missed.value == 1 && shop.told().isEmpty)
        shop.state.withLock { $0.leads = true }
        for expected in [["MissedInjection early"], []] {
            watchman.lookAtPods()
            #expect(shop.told() == expected)
        }
        shop.state.withLock { $0.pods = [] }
        watchman.lookAtPods()
        #expect(metrics.missed.value == 0)
    }
}

extension Shop.State {
    fileprivate var knowsNoPods: Bool {
        get { pods == nil }
        set { pods = newValue ? nil : [] }
    }
    fileprivate var knowsNoPolicies: Bool {
        get { policies == nil }
        set { policies = newValue ? nil : [] }
    }
}
