// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import podmint

struct WorkloadTests {
    private func object(_ kind: String, _ options: InstallOptions = InstallOptions()) throws -> JSONValue {
        try #require(Workload(options: options).objects.first { $0["kind"]?.string == kind })
    }

    private func podSpec() throws -> JSONValue {
        try #require(try object("Deployment").at("spec", "template", "spec"))
    }

    private func container() throws -> JSONValue {
        let containers = try podSpec()["containers"]?.array ?? []
        #expect(containers.count == 1)
        return try #require(containers.first)
    }

    /// Pod Security standard *restricted*, which its namespace enforces: every field that it asks for.
    @Test func `passes Pod Security restricted, and writes to no disk`() throws {
        let pod = try podSpec()
        #expect(pod.at("securityContext", "runAsNonRoot") == true)
        #expect(pod.at("securityContext", "seccompProfile", "type") == "RuntimeDefault")
        for forbidden in ["hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"] {
            #expect(pod[forbidden] == nil, "\(forbidden)")
        }
        let context = try #require(container()["securityContext"])
        #expect(context["allowPrivilegeEscalation"] == false)
        #expect(context.at("capabilities", "drop") == ["ALL"] && context.at("capabilities", "add") == nil)
        #expect(context["readOnlyRootFilesystem"] == true && context["privileged"] == nil)
        #expect(context["runAsUser"]?.integer == 65532 && context["runAsGroup"]?.integer == 65532)
        let namespace = InstallManifests(options: InstallOptions()).objects.first {
            $0["kind"] == "Namespace"
        }
        #expect(
            namespace?.at("metadata", "labels", "pod-security.kubernetes.io/enforce") == "restricted")
    }

    @Test func `a rollout takes no server away before another is ready`() throws {
        let spec = try #require(try object("Deployment", InstallOptions(replicas: 3))["spec"])
        #expect(spec["replicas"]?.integer == 3)
        #expect(spec.at("strategy", "type") == "RollingUpdate")
        #expect(spec.at("strategy", "rollingUpdate", "maxUnavailable")?.integer == 0)
        #expect(spec.at("strategy", "rollingUpdate", "maxSurge")?.integer == 1)
        // Endpoints forget it (10 s), and what is under way gets as long.
        #expect(try podSpec()["terminationGracePeriodSeconds"]?.integer ?? 0 >= 30)
        #expect(try object("Deployment").at("spec", "replicas")?.integer == 2)
    }

    @Test func `a drain takes one server at a time, and is not held up by one that is ill`() throws {
        let spec = try #require(try object("PodDisruptionBudget")["spec"])
        #expect(spec["maxUnavailable"]?.integer == 1 && spec["minAvailable"] == nil)
        #expect(spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow")
    }

    @Test func `servers keep away from each other, and find room on one node all the same`() throws {
        let rules = try #require(try podSpec().at("affinity", "podAntiAffinity"))
        #expect(rules["requiredDuringSchedulingIgnoredDuringExecution"] == nil)
        let term = rules["preferredDuringSchedulingIgnoredDuringExecution"]?[0]?["podAffinityTerm"]
        #expect(term?["topologyKey"] == "kubernetes.io/hostname")
        #expect(term?.at("labelSelector", "matchLabels") == .labels(Workload.selector))
    }

    @Test func `asks for what it needs, and has a bound on memory but none on CPU`() throws {
        let resources = try #require(container()["resources"])
        for (resource, kind) in [("cpu", "requests"), ("memory", "requests"), ("memory", "limits")] {
            #expect(resources.at(kind, resource)?.string.flatMap(Quantity.init(parsing:)) != nil)
        }
        #expect(resources.at("limits", "cpu") == nil)
    }

    @Test func `Service, budget and Deployment select its pods, and nobody else's`() throws {
        let labels = try object("Deployment").at("spec", "template", "metadata", "labels")?.object ?? [:]
        for (key, value) in Workload.selector { #expect(labels[key] == .string(value)) }
        let selector = JSONValue.labels(Workload.selector)
        #expect(try object("Service").at("spec", "selector") == selector)
        #expect(try object("PodDisruptionBudget").at("spec", "selector", "matchLabels") == selector)
        #expect(try object("Deployment").at("spec", "selector", "matchLabels") == selector)
    }

    @Test func `each port of the Service leads to one of the container's, and each probe asks one`() throws {
        let container = try container()
        let named = Dictionary(
            uniqueKeysWithValues: (container["ports"]?.array ?? []).map {
                ($0["name"]?.string ?? "", $0["containerPort"]?.integer ?? 0)
            })
        #expect(named == ["webhook": 8443, "agents": 8444, "health": 9090])
        let ports = try object("Service").at("spec", "ports")?.array ?? []
        #expect(ports.map { $0["port"]?.integer } == [443, 8444, 9090])
        for port in ports { #expect(named[port["targetPort"]?.string ?? ""] != nil) }
        #expect(container.at("readinessProbe", "httpGet", "path") == "/readyz")
        #expect(container.at("livenessProbe", "httpGet", "path") == "/livez")
        for probe in ["readinessProbe", "livenessProbe"] {
            #expect(container.at(probe, "httpGet", "port") == "health")
        }
    }
}
