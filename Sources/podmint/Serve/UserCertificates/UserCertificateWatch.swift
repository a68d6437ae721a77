// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Issuance
internal import KubernetesAPI
internal import KubernetesClient
internal import Logging
internal import Policies
internal import Synchronization
internal import Validation

/// Keeps what admission must know of user certificates: the pods of namespaces that opted in, and the certificate
/// Secrets of those where an admin let podmint read them (ClusterRole `podmint-namespace`).
final class UserCertificateWatch: WatchedCertificates {
    private let services: ServiceCache
    private let policies: PolicyCatalog
    private let podInformers: NamespacedInformers<PodUse>
    private let secretInformers: NamespacedInformers<CertificateSecret>
    private let grants: Informer<Bool>
    private let reach: Reach

    /// The name of both the ClusterRole and the RoleBindings that `podmint manifests --allow-namespace` prints. By them podmint
    /// knows where it may read, and asks nowhere else.
    static let grantName = "podmint-namespace"
    /// A certificate may be of any type: `kubectl create secret generic` makes it Opaque. What the API server and Helm have
    /// types for is never one; it is not sent here, and Helm's releases are large. Of the rest the decoder keeps certificates.
    static let typesThatMayHoldCertificates = [
        "helm.sh/release.v1", "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token",
        "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg", "kubernetes.io/basic-auth",
        "kubernetes.io/ssh-auth",
    ].map { "type!=\($0)" }.joined(separator: ",")
    /// Between two tries where the rights of an older installation lack something.
    private static let pauseWhenForbidden = Duration.seconds(60)

    init(client: APIClient, services: ServiceCache, policies: PolicyCatalog, logger: Logger) {
        self.services = services
        self.policies = policies
        podInformers = NamespacedInformers { namespace in
            Informer(
                client: client, resource: .pods, scope: ObjectScope(namespace: namespace),
                pauseWhenForbidden: Self.pauseWhenForbidden, decode: { PodUse($0) },
                onTrouble: logger.following("pods", ["namespace": "\(namespace)"]))
        }
        secretInformers = NamespacedInformers { namespace in
            Informer(
                client: client, resource: .secrets,
                scope: ObjectScope(
                    namespace: namespace, fieldSelector: Self.typesThatMayHoldCertificates),
                decode: { CertificateSecret($0, namespace: namespace) },
                onTrouble: logger.following(
                    "Secrets", ["namespace": "\(namespace)"], saysForbidden: false))
        }
        let reach = Reach(pods: podInformers, secrets: secretInformers)
        self.reach = reach
        grants = Informer(
            client: client, resource: .roleBindings,
            scope: ObjectScope(fieldSelector: "metadata.name=\(Self.grantName)"),
            pauseWhenForbidden: Self.pauseWhenForbidden, decode: { _ in true },
            onChange: { change in
                if case .set = change {
                    reach.grant(change.key.namespace, true)
                } else {
                    reach.grant(change.key.namespace, false)
                }
            },
            onTrouble: logger.following("RoleBindings \(Self.grantName)", saysForbidden: false))
    }

    /// To be told of every change of a namespace.
    func apply(_ change: InformerChange<Namespace>) {
        if case .set(let key, let namespace, _) = change {
            reach.optIn(key.name, namespace.optIn != nil)
        } else {
            reach.optIn(change.key.name, false)
        }
    }

    /// Until it is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.podInformers.run() }
            group.addTask { await self.secretInformers.run() }
            group.addTask { await self.grants.run() }
        }
    }

    /// By namespace, of those that opted in.
    var pods: [String: [PodUse]] {
        Dictionary(
            uniqueKeysWithValues: podInformers.namespaces.map { name in
                (name, podInformers.records(in: name).values.sorted { $0.name < $1.name })
            })
    }

    var podHealth: InformerHealth { podInformers.health }
    var secretHealth: InformerHealth { secretInformers.health }

    /// Of all namespaces whose Secrets may be read.
    var secrets: [ObjectKey: CertificateSecret] { secretInformers.records }

    /// Whether an admin lets podmint read that namespace's Secrets, as far as is known now.
    func mayReadSecrets(in namespace: String) -> Bool {
        switch secretInformers.knowledge(of: namespace) {
        case .notFollowed, .forbidden: false
        case .notYetSynced, .synced: true
        }
    }

    // MARK: - For admission

    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        switch secretInformers.knowledge(of: namespace) {
        case .notFollowed:
            grants.isSynced || grants.lastFailure?.isForbidden == true ? .notReadable : .notYetRead
        case .notYetSynced: .notYetRead
        case .forbidden: .notReadable
        case .synced: secretInformers.record(name, in: namespace).map { .known($0) } ?? .absent
        }
    }

    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        switch podInformers.knowledge(of: namespace) {
        case .notFollowed, .notYetSynced: nil
        // An upgrade whose rights have not been applied must not stop every Secret.
        case .forbidden: []
        case .synced:
            podInformers.records(in: namespace).values.filter { $0.uses(name) }.sorted { $0.name < $1.name }
        }
    }

    /// Nil where they are not followed, or not yet.
    func livePods(in namespace: String) -> [PodUse]? {
        guard podInformers.knowledge(of: namespace) == .synced else { return nil }
        return podInformers.records(in: namespace).values.filter(\.isLive)
    }

    func services(in namespace: String) -> [Service]? { services.services(in: namespace) }

    func policies(in namespace: String) -> [TLSPolicy]? {
        policies.policies(in: namespace)?.compactMap(\.value)
    }
}

/// Where to look: at pods in namespaces that opted in, at Secrets in those of them where an admin lets podmint.
private final class Reach: Sendable {
    private let pods: NamespacedInformers<PodUse>
    private let secrets: NamespacedInformers<CertificateSecret>
    private let namespaces = Mutex<(optedIn: Set<String>, granted: Set<String>)>(([], []))

    init(pods: NamespacedInformers<PodUse>, secrets: NamespacedInformers<CertificateSecret>) {
        self.pods = pods
        self.secrets = secrets
    }

    func optIn(_ namespace: String, _ isIn: Bool) {
        // Two tasks tell; following within the lock keeps their words in order.
        namespaces.withLock { namespaces in
            if isIn { namespaces.optedIn.insert(namespace) } else { namespaces.optedIn.remove(namespace) }
            pods.follow(namespaces.optedIn)
            secrets.follow(namespaces.optedIn.intersection(namespaces.granted))
        }
    }

    func grant(_ namespace: String, _ isGranted: Bool) {
        namespaces.withLock { namespaces in
            if isGranted {
                namespaces.granted.insert(namespace)
            } else {
                namespaces.granted.remove(namespace)
            }
            secrets.follow(namespaces.optedIn.intersection(namespaces.granted))
        }
    }
}
