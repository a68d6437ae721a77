// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import Validation

/// Manifests taken for the cluster: the Secrets, Services, policies and namespaces among them are all there is. Also
/// what was read from a real one.
struct ManifestFacts: CertificateFacts, ClusterFacts {
    private var secrets: [String: CertificateSecret] = [:]
    private var allServices: [Service] = []
    private var allPolicies: [TLSPolicy] = []
    private var pods: [PodUse] = []
    private var namespaces: [String: [String: String]] = [:]

    /// `namespace` is for objects that name none.
    init(_ objects: [JSONValue], namespace: String) {
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
        switch kind {
        case "Secret":
            let metadata = ObjectMeta(of: object)
            secrets["\(metadata.namespace ?? "")/\(metadata.name ?? "")"] = CertificateSecret(object)
        case "Service": if let service = try? Service(object) { allServices.append(service) }
        case "TLSPolicy": if let policy = TLSPolicy.read(object).value { allPolicies.append(policy) }
        case "Pod": if let pod = PodUse(object) { pods.append(pod) }
        default: break
        }
    }

    func secret(_ name: String, in namespace: String) -> SecretKnowledge {
        secrets["\(namespace)/\(name)"].map { .known($0) } ?? .absent
    }

    func users(ofSecret name: String, in namespace: String) -> [PodUse]? {
        pods.filter { $0.namespace == namespace && $0.uses(name) }
    }

    func services(in namespace: String) -> [Service]? {
        allServices.filter { $0.metadata.namespace == namespace }
    }

    func policies(in namespace: String) -> [TLSPolicy]? {
        allPolicies.filter { $0.metadata.namespace == namespace }
    }

    func labels(ofNamespace name: String) -> NamespaceLabels {
        namespaces[name].map(NamespaceLabels.known) ?? .unheard
    }
}
