// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Policies

/// What an explanation is made of, as the cluster has it now.
struct ExplanationFacts: Sendable {
    var object: JSONValue
    var pod: Pod
    var namespace: Namespace
    var services: [Service]
    var catalog: PolicyCatalog
    /// What podmint found out about the namespace's policies.
    var found: FoundPolicies
    /// Nil where the account may not look.
    var hasWebhooks: Bool?
    /// False where the account may not look at ClusterAuthorities.
    var hasAuthorities = true

    init(
        object: JSONValue, pod: Pod, namespace: Namespace, services: [Service], catalog: PolicyCatalog,
        found: FoundPolicies, hasWebhooks: Bool?
    ) {
        self.object = object
        self.pod = pod
        self.namespace = namespace
        self.services = services
        self.catalog = catalog
        self.found = found
        self.hasWebhooks = hasWebhooks
    }

    init(of name: String, in namespace: String, _ client: APIClient) async throws(ToolFailure) {
        let scope = ObjectScope(namespace: namespace)
        let what = "pod \(name) in namespace \(namespace)"
        do {
            object = try await client.get(.pods, namespace: namespace, name: name)
            pod = try Pod(JSONDocument(object.serialized()).root)
        } catch let error as KubernetesError { throw .cluster(error, what) } catch {
            throw .failed("\(what): \(error)", hint: "see kubectl get pod \(name) -n \(namespace) -o yaml")
        }
        do {
            let found = try await client.get(.namespaces, name: namespace)
            self.namespace = try Namespace(JSONDocument(found.serialized()).root)
            services = try await client.list(.services, scope).compactMap {
                try? Service(JSONDocument($0.serialized()).root)
            }
        } catch let error as KubernetesError {
            throw .cluster(error, "namespace \(namespace) and its Services")
        } catch {
            throw .failed(
                "namespace \(namespace): \(error)", hint: "see kubectl get namespace \(namespace) -o yaml")
        }
        catalog = PolicyCatalog()
        do throws(KubernetesError) {
            let policies = try await Self.all(.tlsPolicies, scope, client)
            found = FoundPolicies(policies)
            for policy in policies {
                guard let document = try? JSONDocument(policy.serialized()) else { continue }
                let policyName = policy["metadata"]?["name"]?.string ?? ""
                catalog.set(TLSPolicy.read(document.root), named: policyName, in: namespace)
            }
            try await readAuthorities(client)
        } catch { throw .cluster(error, "policies of namespace \(namespace)") }
        catalog.markSynced()
        do throws(KubernetesError) {
            hasWebhooks =
                try await client.find(.mutatingWebhookConfigurations, name: "podmint") != nil
        } catch { hasWebhooks = nil }
    }

    /// Those of whom a namespace is may look at its policies, and seldom at what is the cluster's.
    private mutating func readAuthorities(_ client: APIClient) async throws(KubernetesError) {
        do throws(KubernetesError) {
            for authority in try await Self.all(.clusterAuthorities, ObjectScope(), client) {
                guard let document = try? JSONDocument(authority.serialized()) else { continue }
                catalog.set(
                    ClusterAuthority.read(document.root), named: authority["metadata"]?["name"]?.string ?? "")
            }
        } catch {
            guard error.isForbidden else { throw error }
            hasAuthorities = false
        }
    }

    /// None where the cluster does not have the kind.
    private static func all(
        _ resource: APIResource, _ scope: ObjectScope, _ client: APIClient
    ) async throws(KubernetesError) -> [JSONValue] {
        do { return try await client.list(resource, scope) } catch {
            if error.isNotFound { return [] }
            throw error
        }
    }
}
