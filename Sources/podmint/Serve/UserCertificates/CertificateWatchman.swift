// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import KubernetesAPI
internal import KubernetesClient
internal import Synchronization
internal import Telemetry
internal import Validation

/// What there is to look at: the pods of namespaces that opted in, and the certificate Secrets that podmint may read.
protocol WatchedCertificates: CertificateFacts {
    /// By namespace.
    var pods: [String: [PodUse]] { get }
    var secrets: [ObjectKey: CertificateSecret] { get }
}

/// Looks again and again at what admission could not see: pods that missed injection, and certificates that have ended or
/// lost a name since they were admitted. Every replica counts; the one that leads tells, each thing once.
final class CertificateWatchman: Sendable {
    typealias State = UserCertificateMetrics.State

    private struct Seen {
        let version: String
        /// In seconds since the epoch.
        let due: Int64
        let state: State
        let told: Set<FaultCode>
    }

    private struct Memory {
        var secrets: [ObjectKey: Seen] = [:]
        /// UIDs of pods that were told about.
        var told: Set<String> = []
    }

    private let watch: any WatchedCertificates
    private let review: CertificateReview
    private let facts: any ClusterFacts
    private let events: any EventRecording
    private let metrics: UserCertificateMetrics
    private let leads: @Sendable () -> Bool
    private let clock: WaitingClock
    private let memory = Mutex(Memory())

    private static let round = Duration.seconds(10)
    /// A certificate is looked at when it changes, and this often: each look is some 0.3 ms.
    private static let pause: Int64 = 600
    /// So that ten thousand Secrets read at a start do not hold up all else.
    private static let mostAtOnce = 200

    init(
        watch: any WatchedCertificates, review: CertificateReview, facts: any ClusterFacts,
        events: any EventRecording, metrics: UserCertificateMetrics, leads: @escaping @Sendable () -> Bool,
        clock: WaitingClock = .system
    ) {
        self.watch = watch
        self.review = review
        self.facts = facts
        self.events = events
        self.metrics = metrics
        self.leads = leads
        self.clock = clock
    }

    /// Until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            lookAtPods()
            lookAtSecrets(at: review.now)
            try? await clock.sleep(Self.round)
        }
    }

    func lookAtPods() {
        let missed = watch.pods.sorted { $0.key < $1.key }.flatMap { namespace, pods in
            MissedInjection.pods(
                among: pods, in: facts.labels(ofNamespace: namespace),
                policies: watch.policies(in: namespace) ?? [],
                secret: { watch.secret($0, in: namespace).asNamedByPolicy })
        }
        metrics.missed.set(missed.count)
        let leads = leads()
        let untold = memory.withLock { memory in
            memory.told.formIntersection(missed.map(\.uid))
            guard leads else { return [PodUse]() }
            return Array(missed.filter { !memory.told.contains($0.uid) }.prefix(Self.mostAtOnce))
        }
        for pod in untold {
            events.record(
                on: .pod(pod.name, in: pod.namespace, uid: pod.uid), .warning, reason: "MissedInjection",
                message: MissedInjection.message(pod))
        }
        memory.withLock { $0.told.formUnion(untold.map(\.uid)) }
    }

    func lookAtSecrets(at now: Int64) {
        let secrets = watch.secrets
        let seen = memory.withLock { memory in
            memory.secrets = memory.secrets.filter { secrets[$0.key] != nil }
            return memory.secrets
        }
        let due = secrets.filter { key, secret in
            seen[key].map { $0.version != secret.resourceVersion || $0.due <= now } ?? true
        }
        for (key, secret) in due.prefix(Self.mostAtOnce) { look(at: secret, key, seen[key], now) }
        let states = memory.withLock { $0.secrets.values.map(\.state) }
        for state in State.allCases { metrics.standing.set(states.count { $0 == state }, state) }
    }

    private func look(at secret: CertificateSecret, _ key: ObjectKey, _ before: Seen?, _ now: Int64) {
        let labels = facts.labels(ofNamespace: key.namespace)
        guard let report = review.standing(of: secret, named: key.name, in: key.namespace, labels) else {
            return memory.withLock { $0.secrets[key] = nil }
        }
        let bad = report.errors + report.warnings.filter { $0.code == .expiresSoon }
        let codes = Set(bad.map(\.code))
        var told = before?.told ?? []
        if leads() {
            if !codes.isSubset(of: told) { tell(bad, secret, key) }
            told = codes
        }
        let state: State = !report.isValid ? .faulty : codes.isEmpty ? .good : .expiring
        let next = Seen(version: secret.resourceVersion, due: now + Self.pause, state: state, told: told)
        memory.withLock { $0.secrets[key] = next }
    }

    private func tell(_ faults: [Fault], _ secret: CertificateSecret, _ key: ObjectKey) {
        let object = ObjectReference(
            apiVersion: "v1", kind: "Secret", namespace: key.namespace, name: key.name, uid: secret.uid)
        let isFaulty = faults.contains { $0.severity == .error }
        let more = faults.count > 3 ? " (and \(faults.count - 3) more)" : ""
        events.record(
            on: object, .warning, reason: isFaulty ? "CertificateFaulty" : "CertificateExpiresSoon",
            message: faults.prefix(3).map(\.text).joined(separator: " ") + more)
    }
}
