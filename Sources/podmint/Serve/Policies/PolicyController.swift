// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import Policies
internal import Validation

/// Keeps the status of TLSPolicies and ClusterAuthorities, and tells at the object, once, why it does not work. One replica
/// does this.
///
/// Writes only what changed, each write bound to the version that was looked at: a former leader's late write loses.
final class PolicyController: Sendable {
    private let client: APIClient
    private let watch: PolicyWatch
    private let findings: any PolicyFindings
    private let events: any EventRecording
    private let logger: Logger

    /// What policies rest on (Secrets, ConfigMaps, pods) changes without a word to us.
    private static let pace = Duration.seconds(20)
    /// Between two rounds: a hundred policies applied at once are a few rounds, not a hundred.
    private static let pause = Duration.milliseconds(300)

    init(
        client: APIClient, watch: PolicyWatch, findings: any PolicyFindings, events: any EventRecording,
        logger: Logger
    ) {
        self.client = client
        self.watch = watch
        self.findings = findings
        self.events = events
        self.logger = logger
    }

    /// For one term of leading, until it is cancelled.
    func run() async {
        let changed = watch.newBell()
        changed.ring()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var written = Written()
                await changed.forEach {
                    await self.settle(&written)
                    try? await Task.sleep(for: Self.pause)
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.pace)) != nil { changed.ring() }
            }
        }
    }

    /// The version of an object that a status was written upon: until another one is seen, that write is on its way.
    typealias Written = [String: String]

    func settle(_ written: inout Written) async {
        guard watch.policies.isSynced, watch.authorities.isSynced else { return }
        let policies = watch.policies.records.values
        for policy in policies where !Task.isCancelled && !policy.metadata.isBeingDeleted {
            // What was written by who knew more stays until this one knows as much.
            guard let status = await status(of: policy) else { continue }
            await write(status, of: policy, as: "\(TLSPolicy.kind)", .tlsPolicies, &written)
        }
        let named = policies.compactMap { policy -> String? in
            guard case .clusterAuthority(let name)? = policy.reading.value?.authority else { return nil }
            return name
        }
        for authority in watch.authorities.records.values
        where !Task.isCancelled && !authority.metadata.isBeingDeleted {
            let status = await status(of: authority, naming: named.count { $0 == authority.metadata.name })
            await write(status, of: authority, as: "\(ClusterAuthority.kind)", .clusterAuthorities, &written)
        }
    }

    private func status(of policy: WatchedObject<TLSPolicy>) async -> PolicyStatus? {
        guard let value = policy.reading.value else {
            return PolicyStatus(of: policy.reading, authority: .notLooked)
        }
        guard let authority = await findings.authority(of: value) else { return nil }
        var trust: Finding?
        if let source = value.tls.certificateAuthorities {
            trust = await findings.trust(source, in: policy.metadata.namespace)
        }
        var status = PolicyStatus(
            of: policy.reading, authority: authority, trust: trust,
            denial: findings.denial(under: value))
        status.members["authority"] = .string(Self.authorityName(of: value))
        if let pods = findings.pods(of: value) {
            status.members["pods"] = .integer(Int64(pods.carrying))
            status.members["missedPods"] = .integer(Int64(pods.missing))
        }
        return status
    }

    private func status(
        of authority: WatchedObject<ClusterAuthority>, naming policies: Int
    ) async -> PolicyStatus {
        guard let value = authority.reading.value else {
            return PolicyStatus(of: authority.reading, authority: .notLooked)
        }
        var status = PolicyStatus(of: authority.reading, authority: await findings.authority(of: value))
        status.members["policies"] = .integer(Int64(policies))
        status.members["rules"] = .integer(Int64(value.allow.count))
        return status
    }

    private static func authorityName(of policy: TLSPolicy) -> String {
        switch policy.source {
        case .external: "external"
        case .secret(let name): name
        case .authority(.selfSigned): policy.ownAuthorityName
        case .authority(.clusterAuthority(let name)): name
        }
    }

    private func write<Value>(
        _ status: PolicyStatus, of object: WatchedObject<Value>, as kind: String, _ resource: APIResource,
        _ written: inout Written
    ) async {
        let now = Timestamp(secondsSinceEpoch: SystemTime.now).description
        let wanted = status.value(after: object.status, generation: object.generation, now: now)
        guard wanted != object.status else { return }
        let version = object.metadata.resourceVersion
        guard written[object.metadata.uid] != version else { return }
        // A member that is not wanted any more is taken away by null.
        var patch = wanted.object ?? [:]
        for (name, _) in object.status.object ?? [:] where patch[name] == nil { patch[name] = .null }
        let body: JSONValue = ["metadata": ["resourceVersion": .string(version)], "status": .object(patch)]
        do throws(KubernetesError) {
            _ = try await client.patch(
                resource, namespace: object.metadata.namespace.isEmpty ? nil : object.metadata.namespace,
                name: object.metadata.name, subresource: "status", .merge, body.serialized())
        } catch {
            // Gone, or changed since: the watch says so, and rings.
            guard !error.isNotFound, !error.isConflict, !Task.isCancelled else { return }
            return logger.warning(
                "cannot write the status of a policy", failure: error,
                [
                    "kind": "\(kind)", "namespace": "\(object.metadata.namespace)",
                    "name": "\(object.metadata.name)",
                ])
        }
        written[object.metadata.uid] = version
        if let news = status.news(after: object.status) { tell(news, of: object, kind) }
    }

    private func tell<Value>(_ news: PolicyCondition, of object: WatchedObject<Value>, _ kind: String) {
        let reference = ObjectReference(
            apiVersion: APIResource.tlsPolicies.apiVersion, kind: kind, namespace: object.metadata.namespace,
            name: object.metadata.name, uid: object.metadata.uid)
        let isBad = news.standing == .no
        events.record(
            on: reference, isBad ? .warning : .normal, reason: isBad ? news.reason : "Ready",
            message: news.message)
    }
}

extension Finding {
    static let notLooked = Finding(standing: .unknown, reason: "NotAccepted", message: "nobody looked")
}
