// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// Whether the LimitRanges of opted-in namespaces leave room for the agent's container: where they do not, its pods are
/// refused by the API server, after podmint, and nobody thinks of a LimitRange then.
struct LimitRangeCheck {
    /// As listed from the API.
    let ranges: [JSONValue]
    /// Where pods are injected.
    let namespaces: [String]

    private static let code = "LimitRange"
    /// What `AgentResources` asks for in a Burstable pod. A LimitRange's defaults make every pod at least that.
    private static let requests = ["cpu": "5m", "memory": "16Mi"]
    private static let limits = ["cpu": "500m", "memory": "64Mi"]

    /// Nothing where there is no LimitRange.
    var findings: [Diagnosis] {
        let concerned = ranges.filter { range in
            namespaces.contains(range.at("metadata", "namespace")?.string ?? "")
        }
        guard !concerned.isEmpty else { return [] }
        let faults = concerned.flatMap(Self.faults)
        let good = Diagnosis.good(
            Self.code, "LimitRanges",
            "leave room for the agent in each of the \(namespaces.count) namespaces that are injected")
        return faults.isEmpty ? [good] : faults
    }

    private static func faults(_ range: JSONValue) -> [Diagnosis] {
        let items = range.at("spec", "limits")?.array?.filter { $0["type"]?.string == "Container" } ?? []
        let bounds = items.flatMap { item in
            ["cpu", "memory"].flatMap { resource in
                [
                    fault(item, "min", resource, requests) { $0 <= $1 },
                    fault(item, "max", resource, limits) { $0 >= $1 },
                ].compactMap(\.self)
            }
        }
        guard !bounds.isEmpty else { return [] }
        let name = range.at("metadata", "name")?.string ?? ""
        let namespace = range.at("metadata", "namespace")?.string ?? ""
        return [
            .faulty(
                code, "LimitRange \(namespace)/\(name)",
                "has no room for the agent's container: \(bounds.joined(separator: ", "))",
                fix:
                    "a container may need as little as 5m CPU and 16Mi of memory, and must be allowed limits of 500m and 64Mi"
            )
        ]
    }

    private static func fault(
        _ item: JSONValue, _ bound: String, _ resource: String, _ asked: [String: String],
        fits: (Quantity, Quantity) -> Bool
    ) -> String? {
        guard let text = item.at(bound, resource)?.string, let bounding = Quantity(parsing: text),
            let own = asked[resource], let needed = Quantity(parsing: own), !fits(bounding, needed)
        else { return nil }
        return "\(bound).\(resource) is \(text), and it asks for \(own)"
    }
}
