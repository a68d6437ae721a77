// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// TLSPolicies as listed from the API, with what podmint found out about each and wrote into its status: so nobody else
/// need read the Secrets that they name.
struct FoundPolicies {
    private let objects: [(policy: TLSPolicy, object: JSONValue)]

    init(_ objects: [JSONValue]) {
        self.objects = objects.compactMap { object in
            guard let document = try? JSONDocument(object.serialized()),
                let policy = TLSPolicy.read(document.root).value
            else { return nil }
            return (policy, object)
        }
    }

    /// Those that can be used.
    func policies(in namespace: String) -> [TLSPolicy] {
        objects.filter { $0.policy.metadata.namespace == namespace }.map(\.policy)
    }

    /// What a Secret is that a policy names.
    func secret(_ name: String, in namespace: String) -> UserSecret {
        let naming = objects.first {
            $0.policy.metadata.namespace == namespace && $0.policy.source == .secret(name)
        }
        guard let condition = naming.flatMap({ Self.conditions($0.object).first(where: Self.isOfAuthority) })
        else { return .notYetRead }
        switch condition["reason"]?.string {
        case "UserCertificate": return .certificate
        case "Ready": return .authority
        case "MissingRights": return .notReadable
        default: return .notYetRead
        }
    }

    /// Namespaces where podmint lacks the right to read what policies name, and those policies.
    var lackingRights: [(namespace: String, policies: [String])] {
        let lacking = objects.filter { entry in
            Self.conditions(entry.object).contains { $0["reason"] == "MissingRights" }
        }
        return Dictionary(grouping: lacking, by: \.policy.metadata.namespace)
            .map { ($0, $1.map(\.policy.name.text).sorted()) }.sorted { $0.0 < $1.0 }
    }

    private static func conditions(_ object: JSONValue) -> [JSONValue] {
        object.at("status", "conditions")?.array ?? []
    }

    private static func isOfAuthority(_ condition: JSONValue) -> Bool {
        condition["type"] == "AuthorityReady"
    }
}
