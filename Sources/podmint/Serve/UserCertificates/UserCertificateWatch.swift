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
final class UserCertificateWatch: CertificateFacts {
    private let services: ServiceCache
    private let policies: PolicyCatalog
    private let pods: NamespacedInformers<PodUse>
    private let secrets: NamespacedInformers<CertificateSecret>
    private let grants: Informer<Bool>
    private let optedIn = Mutex<Set<String>>([])

    /// The name of both the ClusterRole and the RoleBindings that `podmint manifests --allow-namespace` prints.
    static let grantName = "podmint-namespace"
    /// Between two tries to read where podmint may not. A RoleBinding of the usual name is seen at once.
    private static let pauseWhenForbidden = Duration.seconds(300)

    init(client: APIClient, services: ServiceCache, policies: PolicyCatalog, logger: Logger) {
        self.services = services
        self.policies = policies
        let complaint: @Sendable (Logger.Message) -> @Sendable (KubernetesError) -> Void = { message in
            { error in
                guard !error.isForbidden else { return }
                logger.warning(message, failure: error)
            }
        }
        pods = NamespacedInformers { namespace in
            Informer(
                client: client, resource: .pods, scope: ObjectScope(namespace: namespace),
                pauseWhenForbidden: Self.pauseWhenForbidden, decode: { PodUse($0) },
                onFailure: {
                    logger.warning("cannot follow pods", failure: $0, ["namespace": "\(namespace)"])
                })
        }
        secrets = NamespacedInformers { namespace in
            Informer(
                client: client, resource: .secrets,
                scope: ObjectScope(
                    namespace: namespace, fieldSelector: "type=\(SecretMaterial.tlsType)"),
                pauseWhenForbidden: Self.pauseWhenForbidden,
                decode: { CertificateSecret($0, namespace: namespace) },
                onFailure: complaint("cannot follow Secrets"))
        }
        let secrets = secrets
        grants = Informer(
            client: client, resource: .roleBindings,
            scope: ObjectScope(fieldSelector: "metadata.name=\(Self.grantName)"),
            pauseWhenForbidden: Self.pauseWhenForbidden, decode: { _ in true },
            onChange: { if case .set(let key, _, _) = $0 { secrets.retry(key.namespace) } },
            onFailure: complaint("cannot follow RoleBindings \(Self.grantName)"))
    }

    /// To be told of every change of a namespace.
    func apply(_ change: InformerChange<Namespace>) {
        let wanted = optedIn.withLock { optedIn in
            switch change {
            case .set(let key, let namespace, _):
                if namespace.optIn != nil { optedIn.insert(key.name) } else { optedIn.remove(key.name) }
            case .removed(let key, _): optedIn.remove(key.name)
            }
            return optedIn
        }
        pods.follow(wanted)
        secrets.follow(wanted)
    }

    /// Until it is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.pods.run() }
            group.addTask { await self.secrets.run() }
            group.addTask { await self.grants.run() }
        }
    }

    // MARK: - For admission

    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        switch secrets.knowledge(of: namespace) {
        case .notFollowed, .notYetSynced: .notYetRead
        case .forbidden: .notReadable
        case .synced: secrets.record(name, in: namespace).map { .known($0) } ?? .absent
        }
    }

    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        switch pods.knowledge(of: namespace) {
        case .notFollowed, .notYetSynced: nil
        // An upgrade whose rights have not been applied must not stop every Secret.
        case .forbidden: []
        case .synced: pods.records(in: namespace).values.filter { $0.uses(name) }.sorted { $0.name < $1.name }
        }
    }

    /// Nil where they are not followed, or not yet.
    func livePods(in namespace: String) -> [PodUse]? {
        guard pods.knowledge(of: namespace) == .synced else { return nil }
        return pods.records(in: namespace).values.filter(\.isLive)
    }

    func services(in namespace: String) -> [Service]? { services.services(in: namespace) }

    func policies(in namespace: String) -> [TLSPolicy]? {
        policies.policies(in: namespace)?.compactMap(\.value)
    }
}
