// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import Validation

/// Manifests taken for the cluster: the Secrets, Services, policies and namespaces among them are all there is. Also
/// what was read from a real one.
struct ManifestFacts: CertificateFacts, ClusterFacts {
    /// TLSPolicies and ClusterAuthorities, faulty ones with their faults: a pod under such a one is refused, as in the cluster.
    let catalog = PolicyCatalog()
    /// Those that hold no certificate are there, and nil.
    private var secrets: [String: CertificateSecret?] = [:]
    private var allServices: [Service] = []
    private var pods: [PodUse] = []
    private var configMaps: Set<String> = []
    private var namespaces: [String: [String: String]] = [:]
    /// Of objects that name none.
    private let namespace: String

    init(_ objects: [JSONValue], namespace: String) {
        self.namespace = namespace
        catalog.markSynced()
        for object in objects {
            var object = object
            if object["kind"]?.string == "Namespace" {
                let labels = object["metadata"]?["labels"]?.object ?? [:]
                namespaces[object["metadata"]?["name"]?.string ?? ""] =
                    Dictionary(labels.map { ($0.key, $0.value.string ?? "") }) { $1 }
                continue
            }
            if object["metadata"]?["namespace"]?.string == nil {
                object["metadata"]?["namespace"] = .string(namespace)
            }
            // The API server gives one to each; the reading of records asks for it.
            if object["metadata"]?["uid"]?.string == nil { object["metadata"]?["uid"] = "manifest" }
            guard let document = try? JSONDocument(object.serialized()) else { continue }
            add(document.root, object["kind"]?.string ?? "")
        }
    }

    private mutating func add(_ object: JSONView, _ kind: String) {
        let metadata = ObjectMeta(of: object)
        let (name, space) = (metadata.name ?? "", metadata.namespace ?? "")
        switch kind {
        case "Secret": secrets.updateValue(CertificateSecret(object), forKey: "\(space)/\(name)")
        case "ConfigMap": configMaps.insert("\(space)/\(name)")
        case "Service": if let service = try? Service(object) { allServices.append(service) }
        case "TLSPolicy" where Self.isOurs(object):
            catalog.set(TLSPolicy.read(object), named: name, in: space)
        case "ClusterAuthority" where Self.isOurs(object):
            catalog.set(ClusterAuthority.read(object), named: name)
        case "Pod": if let pod = PodUse(object) { pods.append(pod) }
        default: break
        }
    }

    /// Other people have kinds of these names.
    private static func isOurs(_ object: JSONView) -> Bool {
        object["apiVersion"]?.string?.hasPrefix("podmint.dev/") ?? true
    }

    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        secrets["\(namespace)/\(name)"].flatMap(\.self).map { .known($0) } ?? .absent
    }

    /// What a policy's Secret is; of one that is not among them nothing is known, as where podmint may not read.
    @Sendable func userSecret(_ name: String, in namespace: String) -> UserSecret {
        exists(secret: name, in: namespace) == true
            ? secret(name, in: namespace).asNamedByPolicy : .notReadable
    }

    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        pods.filter { $0.namespace == namespace && $0.uses(name) }
    }

    func services(in namespace: String) -> [Service]? {
        allServices.filter { $0.metadata.namespace == namespace }
    }

    func policies(in namespace: String) -> [TLSPolicy]? {
        catalog.policies(in: namespace)?.compactMap(\.value)
    }

    func labels(ofNamespace name: String) -> NamespaceLabels {
        namespaces[name].map(NamespaceLabels.known) ?? .unheard
    }
}

extension ManifestFacts: PolicyReferences {
    func exists(clusterAuthority name: String) -> Bool? { catalog.exists(clusterAuthority: name) }

    func exists(secret name: String, in namespace: String) -> Bool? {
        secrets.keys.contains(key(name, namespace))
    }

    func exists(configMap name: String, in namespace: String) -> Bool? {
        configMaps.contains(key(name, namespace))
    }

    var whereNot: String { "among these files" }

    private func key(_ name: String, _ namespace: String) -> String {
        "\(namespace.isEmpty ? self.namespace : namespace)/\(name)"
    }
}
