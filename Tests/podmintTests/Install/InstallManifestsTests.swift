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
                "pods.podmint.dev", "final-pods.podmint.dev", "secrets.podmint.dev",
            ])
        for entry in entries {
            #expect(entry["failurePolicy"] == "Fail")
            #expect(entry["sideEffects"] == "None")
            #expect(entry["timeoutSeconds"] == 5)
            #expect(entry["admissionReviewVersions"] == ["v1"])
            #expect(entry["matchPolicy"] == "Equivalent")
            #expect(entry["matchConditions"]?.array?.isEmpty == false)
            let selector = entry.at("namespaceSelector", "matchExpressions")?.array ?? []
            #expect(selector.first?["values"] == ["enabled", "policies", "audit"])
            #expect(selector.last?["values"] == ["kube-system", "kube-public", "kube-node-lease", "certs"])
        }
    }

    @Test func `reads no Secret outside its own namespace`() {
        let clusterRole = InstallManifests(options: InstallOptions()).objects.first {
            $0["kind"] == "ClusterRole"
        }
        for rule in clusterRole?["rules"]?.array ?? [] {
            #expect(rule["resources"]?.array?.contains("secrets") == false)
        }
    }
}
