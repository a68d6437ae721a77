// SPDX-License-Identifier: Apache-2.0
import Buffers
import HTTP
import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import OpenSSL
import Policies
import SigningProtocol
import Synchronization
import Telemetry

@testable import Issuance

/// Time that only moves when somebody sleeps, or a test says so.
final class TestClock: Sendable {
    static let start: Int64 = 1_795_339_440
    private let passed = Mutex(Duration.zero)

    func advance(by duration: Duration) { passed.withLock { $0 += duration } }

    /// A wait of 25 s for an answer must not pass at once; short pauses do.
    var clock: IssuanceClock {
        IssuanceClock(
            now: { Self.start + self.passed.withLock { $0.components.seconds } },
            elapsed: { self.passed.withLock { $0 } },
            sleep: { duration in
                guard duration <= .seconds(2) else {
                    try await Task.sleep(for: .seconds(60))
                    return
                }
                try Task.checkCancellation()
                self.advance(by: duration)
                await Task.yield()
            })
    }
}

final class RecordingSink: LineSink {
    private let stored = Mutex<(lines: [String], isBroken: Bool)>(([], false))

    var lines: [String] { stored.withLock { $0.lines } }
    var entries: [JSONValue] { lines.compactMap { try? JSONValue(parsing: $0) } }

    func breakDown() { stored.withLock { $0.isBroken = true } }

    func write(line: [UInt8]) throws(LineSinkError) {
        let isBroken = stored.withLock {
            if !$0.isBroken { $0.lines.append(String(decoding: line, as: UTF8.self)) }
            return $0.isBroken
        }
        if isBroken { throw LineSinkError(reason: "no space left on device") }
    }
}

final class RecordingEvents: EventRecording {
    private let stored = Mutex<[Happening]>([])

    var happenings: [Happening] { stored.withLock { $0 } }

    func record(on object: ObjectReference, _ kind: Happening.Kind, reason: String, message: String) {
        stored.withLock { $0.append(Happening(object, kind, reason: reason, message: message)) }
    }
}

/// Everything from the endpoint to the key, with a cluster in memory.
struct SigningFixture: Sendable {
    let cluster = InMemoryCluster()
    let time = TestClock()
    let auditSink = RecordingSink()
    let logSink = RecordingSink()
    let events = RecordingEvents()
    let keys = KeyLedger()
    let denials: RecentDenials
    let registry = MetricsRegistry()
    /// The default one; it is in its Secret already.
    let authority: Authority
    let secrets = InMemoryAuthorities()
    let authorityRegistry: AuthorityRegistry
    let authorities: PolicyAuthorities
    let queue: IssuanceQueue
    let endpoint: CertificateEndpoint
    private let work: IssuanceWork
    private let makeEndpoint: @Sendable (IssuanceQueue) -> CertificateEndpoint
    let authorisation: Authorisation
    let signer: LeafSigner

    init(limits: IssuanceQueue.Limits = .init(), gate: ReviewGate = ReviewGate()) throws {
        let clock = time.clock
        denials = RecentDenials(clock: clock)
        let made = try Authority.make(at: TestClock.start)
        authority = try Authority(name: "default", certificate: made.certificate, key: made.key)
        let stored = InMemoryAuthorities.Stored(
            owner: "default", certificate: Array(made.certificate.pem.utf8),
            key: made.key.withPEM { Array($0) })
        secrets.contents.withLock { $0.own["podmint-ca-default"] = stored }
        authorityRegistry = AuthorityRegistry(
            own: AuthoritySecret(store: secrets, clock: clock), users: secrets, replicas: secrets,
            replica: "this", keys: keys,
            isPlanned: { [secrets] in secrets.catalog.hasOwner(ofAuthority: $0) },
            clock: clock)
        authorities = PolicyAuthorities(
            catalog: secrets.catalog, registry: authorityRegistry,
            trust: ExtraTrust(texts: secrets, clock: clock),
            ownNamespace: "podmint-system",
            namespaceUID: { [cluster] name in cluster.contents.withLock { $0.namespaces[name]?.metadata.uid }
            },
            clock: clock)
        let audit = AuditLog(sink: auditSink)
        let logSink = logSink
        let logger = Logger(label: "test") { JSONLogHandler(label: $0, level: .trace, sink: logSink) }
        authorisation = Authorisation(
            api: cluster, authorities: authorities, cluster: ClusterNames()!, keys: keys)
        signer = LeafSigner(audit: audit, keys: keys, clock: clock)
        work = IssuanceWork(
            authorisation: authorisation, signer: signer, audit: audit, events: events,
            denials: denials, clock: clock, logger: logger)
        queue = IssuanceQueue(
            limits: limits, clock: clock, metrics: QueueMetrics(registry: registry), signing: work)
        let (cluster, authorities) = (cluster, authorities)
        let metrics = IssuanceMetrics(registry: registry)
        makeEndpoint = { queue in
            CertificateEndpoint(
                api: cluster, queue: queue, authorities: authorities,
                currency: CurrencyCheck(
                    api: cluster, authorities: authorities, cluster: ClusterNames()!,
                    seen: SeenBundles(logger: logger), pace: CheckPace(clock: clock)), audit: audit,
                metrics: metrics, gate: gate, clock: clock, logger: logger)
        }
        endpoint = makeEndpoint(queue)
    }

    /// One request with a queue of its own, for tests that ask several times.
    func answerOnce(_ request: AgentRequest) async -> HTTPResponse {
        let queue = IssuanceQueue(clock: time.clock, signing: work)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run() }
            defer { queue.drain() }
            return await makeEndpoint(queue).answer(request)
        }
    }

    /// Runs the workers for as long as `body` takes.
    func serving<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await queue.run() }
            defer { queue.drain() }
            return try await body()
        }
    }

    static func request(
        token: String, key: PrivateKey, names: [SubjectAlternativeName] = [], fields: [(String, String)] = [],
        body: [UInt8]? = nil, peer: String? = nil
    ) throws -> AgentRequest {
        var all = [
            ("Authorization", "Bearer \(token)"), ("Content-Type", "application/pkcs10"),
            ("Podmint-Policy", "default"), ("Podmint-Reason", "first"), ("Prefer", "wait=30"),
        ]
        for field in fields {
            all.removeAll { $0.0 == field.0 }
            if !field.1.isEmpty { all.append(field) }
        }
        let der = try body ?? SigningRequest.create(key: key, names: names)
        return AgentRequest(
            copying: HTTPRequest(
                method: .post, path: "/v1/certificates", fields: HTTPFields(all), body: ByteBuffer(der),
                peer: peer))
    }

    /// What a pod's agent asks later on.
    func check(
        _ leaf: Certificate, bundle: [Certificate], pod: String = "shop/web-0", policy: String = "default"
    ) async -> HTTPResponse {
        await endpoint.answer(
            AgentRequest(
                copying: HTTPRequest(
                    method: .post, path: "/v1/check",
                    fields: HTTPFields([
                        ("Content-Type", "application/pkix-cert"), ("Podmint-Pod", pod),
                        ("Podmint-Policy", policy),
                        ("Podmint-Bundle", Digest.hex(Certificate.digest(ofSet: bundle))),
                    ]), body: ByteBuffer(leaf.der))))
    }

    /// What a pod's agent does: a new key, a CSR, its token.
    func ask(
        _ pod: String = "web-0", in namespace: String = "shop", token: String? = nil, key: PrivateKey? = nil,
        names: [SubjectAlternativeName] = [], fields: [(String, String)] = []
    ) async throws -> HTTPResponse {
        let stored = cluster.contents.withLock { $0.pods["\(namespace)/\(pod)"] }
        let token = token ?? stored.map { cluster.token(for: $0) } ?? "a.bbbbbbbbbbbbbbbbbbbb.c"
        let request = try Self.request(
            token: token, key: try key ?? .generate(.ecdsaP256), names: names, fields: fields)
        return await endpoint.answer(request)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }

    func certificates() throws -> [Certificate] { try PEM.certificates(in: body, limits: .bundle) }
}
