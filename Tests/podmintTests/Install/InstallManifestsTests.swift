// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

@Suite struct InstallManifestsTests {
    private func kinds(_ options: InstallOptions) -> [String] {
        InstallManifests(options: options).objects.compactMap { $0["kind"]?.string }
    }

    private func entries(_ options: InstallOptions) -> [JSONValue] {
        InstallManifests(options: options).objects.flatMap { $0["webhooks"]?.array ?? [] }
    }

    @Test func `creates the kinds first and the webhooks last`() {
        let kinds = kinds(InstallOptions())
        #expect(
            kinds.prefix(3) == ["CustomResourceDefinition", "CustomResourceDefinition", "Namespace"])
        #expect(kinds.suffix(2) == ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"])
        #expect(kinds.contains("Deployment"))
    }

    @Test func `schedules nothing when the server runs outside the cluster`() {
        let kinds = kinds(InstallOptions(advertise: "https://127.0.0.1:8443"))
        #expect(!kinds.contains("Deployment"))
        #expect(!kinds.contains("Service"))
        #expect(kinds.contains("ClusterRole"))
    }

    @Test func `points the webhooks at the URL or at the Service, never at both`() {
        for entry in entries(InstallOptions(advertise: "https://127.0.0.1:8443")) {
            #expect(entry.at("clientConfig", "url")?.string?.hasPrefix("https://127.0.0.1:8443/") == true)
            #expect(entry.at("clientConfig", "service") == nil)
        }
        for entry in entries(InstallOptions(namespace: "certs")) {
            #expect(entry.at("clientConfig", "service", "namespace")?.string == "certs")
            #expect(entry.at("clientConfig", "url") == nil)
        }
    }

    /// A later apply must not take away what the running server wrote.
    @Test func `carries no caBundle`() {
        for entry in entries(InstallOptions()) { #expect(entry.at("clientConfig", "caBundle") == nil) }
    }

    @Test
    func `fails closed in a narrow scope, without side effects, and keeps the cluster's own namespaces out`()
    {
        let entries = entries(InstallOptions(namespace: "certs"))
        #expect(
            entries.compactMap { $0["name"]?.string } == [
                "pods.podmint.dev", "selected-pods.podmint.dev", "final-pods.podmint.dev",
                "secrets.podmint.dev", "deleted-secrets.podmint.dev", "workloads.podmint.dev",
                "selected-workloads.podmint.dev", "policies.podmint.dev",
            ])
        for entry in entries {
            // What is only told about must never be in the way.
            let isDeletion = entry["name"] == "deleted-secrets.podmint.dev"
            #expect(entry["failurePolicy"] == (isDeletion ? "Ignore" : "Fail"))
            #expect(entry["sideEffects"] == "None")
            #expect(entry["timeoutSeconds"] == 5)
            #expect(entry["admissionReviewVersions"] == ["v1"])
            #expect(entry["matchPolicy"] == "Equivalent")
            let seesAll = entry["name"] == "selected-pods.podmint.dev"
            #expect((entry["matchConditions"]?.array?.isEmpty == false) != seesAll)
            let selector = entry.at("namespaceSelector", "matchExpressions")?.array ?? []
            // podmint's own kinds are looked at wherever they are made.
            let namespaces: JSONValue? =
                switch entry["name"]?.string {
                case "pods.podmint.dev": ["enabled", "audit"]
                case "selected-pods.podmint.dev", "selected-workloads.podmint.dev": ["policies"]
                case "policies.podmint.dev": selector.first?["values"]
                default: ["enabled", "policies", "audit"]
                }
            #expect(selector.first?["values"] == namespaces)
            #expect(selector.last?["values"] == ["kube-system", "kube-public", "kube-node-lease", "certs"])
        }
    }

    /// Else a template in a namespace labelled `policies` would be asked about twice, or never.
    @Test func `a template goes to one of two entries, by whether it is annotated`() {
        let conditions = entries(InstallOptions()).filter {
            $0["name"]?.string?.hasSuffix("workloads.podmint.dev") == true
        }.map { $0["matchConditions"]?.array ?? [] }
        #expect(conditions.count == 2 && conditions[0].count == 3)
        // What scales, or belongs to a controller, is of neither.
        #expect(conditions.first?.dropLast() == conditions.last?.dropLast())
        let (annotated, other) = (
            conditions.first?.last?["expression"]?.string, conditions.last?.last?["expression"]?.string
        )
        #expect(other == annotated.map { "!(\($0))" })
    }

    @Test func `reads no Secret outside its own namespace`() {
        let clusterRole = InstallManifests(options: InstallOptions()).objects.first {
            $0["kind"] == "ClusterRole"
        }
        for rule in clusterRole?["rules"]?.array ?? [] {
            #expect(rule["resources"]?.array?.contains("secrets") == false)
        }
    }

    // MARK: - Namespaces whose Secrets may be read

    private func objects(_ kind: String, _ options: InstallOptions) -> [JSONValue] {
        InstallManifests(options: options).objects.filter { $0["kind"]?.string == kind }
    }

    @Test func `binds the right to read Secrets only in the namespaces that an admin names`() {
        let bound = { options in
            self.objects("RoleBinding", options).filter { $0.at("roleRef", "name") == "podmint-namespace" }
        }
        #expect(bound(InstallOptions()).isEmpty)
        let bindings = bound(InstallOptions(namespace: "certs", allowedNamespaces: ["shop", "bank"]))
        #expect(bindings.map { $0.at("metadata", "namespace") } == ["shop", "bank"])
        for binding in bindings {
            #expect(binding.at("roleRef", "kind") == "ClusterRole")
            #expect(binding["subjects"]?.array?.first?["namespace"] == "certs")
        }
        let names = objects("ClusterRole", InstallOptions()).map { $0.at("metadata", "name") }
        #expect(names.contains("podmint-namespace"))
        #expect(
            objects("ClusterRoleBinding", InstallOptions()).allSatisfy {
                $0.at("roleRef", "name") == "podmint"
            })
    }

    // MARK: - Network

    private func rules(_ side: String, _ options: InstallOptions) -> [JSONValue] {
        objects("NetworkPolicy", options).first?.at("spec", side)?.array ?? []
    }

    private func rule(_ side: String, for port: JSONValue, _ options: InstallOptions) -> JSONValue? {
        rules(side, options).first { rule in
            rule["ports"]?.array?.contains { $0["port"] == port } == true
        }
    }

    @Test func `closes each listener to whom it does not serve`() {
        let options = InstallOptions()
        #expect(rule("ingress", for: "webhook", options)?["from"] == nil)
        let agents = rule("ingress", for: "agents", options)?["from"]?.array
        #expect(agents?.count == 1)
        #expect(
            agents?.first?.at("namespaceSelector", "matchExpressions")?.array?.first?["key"]
                == "podmint.dev/injection")
        #expect(rule("ingress", for: "health", options) == nil)
        #expect(rule("egress", for: 6443, options)?["to"] == nil)
        #expect(rule("egress", for: 53, options) != nil)
        #expect(rules("egress", options).allSatisfy { $0["ports"]?.array?.isEmpty == false })
    }

    @Test func `lets in whom the admin names, by address or namespace`() {
        let options = InstallOptions(
            apiServerCIDRs: ["192.0.2.7/32"], apiServerPorts: [16443], nodeCIDRs: ["10.0.0.0/8"],
            monitoringNamespaces: ["monitoring"])
        let block: JSONValue = [["ipBlock": ["cidr": "192.0.2.7/32"]]]
        #expect(rule("ingress", for: "webhook", options)?["from"] == block)
        #expect(rule("egress", for: 16443, options)?["to"] == block)
        #expect(rule("egress", for: 443, options) == nil)
        #expect(
            rule("ingress", for: "agents", options)?["from"]?.array?.last?.at("ipBlock", "cidr")
                == "10.0.0.0/8")
        let health = rule("ingress", for: "health", options)?["from"]?.array
        #expect(
            health?.first?.at("namespaceSelector", "matchLabels", "kubernetes.io/metadata.name")
                == "monitoring")
        #expect(health?.last?.at("ipBlock", "cidr") == "10.0.0.0/8")
    }

    @Test func `has no network rules for a server outside the cluster`() {
        #expect(objects("NetworkPolicy", InstallOptions(advertise: "https://127.0.0.1:8443")).isEmpty)
    }
}
