// SPDX-License-Identifier: Apache-2.0
import JSON

/// Pod Security *restricted*, and a pod's QoS class, written from Kubernetes' own pages and not from our code.
enum PodSecurity {
    /// What the profile would say against a container of ours.
    static func violations(of container: JSONValue, volumes: [JSONValue]) -> [String] {
        let context = container["securityContext"]
        var found: [String] = []
        func want(_ fine: Bool, _ what: String) { if !fine { found.append(what) } }
        want(context?["allowPrivilegeEscalation"]?.bool == false, "allowPrivilegeEscalation")
        want(context?["privileged"]?.bool != true, "privileged")
        want(context?["capabilities"]?["drop"]?.array == ["ALL"], "capabilities.drop")
        want(context?["capabilities"]?["add"] == nil, "capabilities.add")
        want(context?["runAsNonRoot"]?.bool == true, "runAsNonRoot")
        want(context?["runAsUser"]?.integer.map { $0 > 0 } == true, "runAsUser")
        want(context?["seccompProfile"]?["type"] == "RuntimeDefault", "seccompProfile")
        want(context?["procMount"] == nil && context?["seLinuxOptions"] == nil, "procMount, seLinuxOptions")
        want((container["ports"]?.array ?? []).allSatisfy { $0["hostPort"] == nil }, "hostPort")
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            want(
                container[probe]?["httpGet"]?["host"] == nil
                    && container[probe]?["tcpSocket"]?["host"] == nil, probe)
        }
        let kinds: Set<String> = [
            "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected",
            "secret",
        ]
        for volume in volumes {
            let sources = (volume.object?.keys).map { $0.filter { $0 != "name" } } ?? []
            want(sources.count == 1 && kinds.isSuperset(of: sources), "volume \(sources)")
        }
        return found
    }
}

enum QualityClass: String {
    case guaranteed, burstable, bestEffort

    init(of pod: JSONValue) {
        let spec = pod["spec"]
        let containers = (spec?["initContainers"]?.array ?? []) + (spec?["containers"]?.array ?? [])
        let budgets = spec?["resources"].map { [$0] } ?? containers.map { $0["resources"] ?? [:] }
        var isGuaranteed = true
        var isBestEffort = true
        for budget in budgets {
            for name in ["cpu", "memory"] {
                let limit = budget["limits"]?[name].map(Self.amount)
                let request = budget["requests"]?[name].map(Self.amount) ?? limit
                if limit != nil || request != nil { isBestEffort = false }
                if limit == nil || limit != request { isGuaranteed = false }
            }
        }
        self = isBestEffort ? .bestEffort : isGuaranteed ? .guaranteed : .burstable
    }

    private static func amount(_ value: JSONValue) -> Double {
        let text = value.string ?? value.text
        let units: [(String, Double)] = [("Mi", 1_048_576), ("Gi", 1_073_741_824), ("m", 0.001)]
        for (unit, scale) in units where text.hasSuffix(unit) {
            return (Double(text.dropLast(unit.count)) ?? -1) * scale
        }
        return Double(text) ?? -1
    }
}
