// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// A pod's class, by the API server's own rule (`ComputePodQOS`), and what the agent may ask for without changing it.
enum QualityOfService: Hashable {
    case guaranteed
    case burstable
    case bestEffort
    /// The pod has a budget of its own, so its containers need none.
    case podLevel

    /// Of the pod without the agent.
    init(_ containers: [ContainerView], hasPodResources: Bool) {
        guard !hasPodResources else {
            self = .podLevel
            return
        }
        var requests: [Resource: Quantity] = [:]
        var limits: [Resource: Quantity] = [:]
        var allLimited = true
        for container in containers {
            for resource in Resource.allCases {
                let limit = Self.amount(container, "limits", resource)
                // Defaulting: who sets a limit only, requests as much.
                if let request = Self.amount(container, "requests", resource) ?? limit {
                    requests[resource] = (requests[resource] ?? .zero) + request
                }
                if let limit {
                    limits[resource] = (limits[resource] ?? .zero) + limit
                } else {
                    allLimited = false
                }
            }
        }
        if requests.isEmpty && limits.isEmpty {
            self = .bestEffort
        } else {
            self = allLimited && requests == limits ? .guaranteed : .burstable
        }
    }

    /// Generating an RSA-4096 key is the most the agent ever does: about 2 s of CPU, 12 MiB of memory.
    func resources(limitingCPU: Bool) -> AgentResources {
        switch self {
        case .bestEffort, .podLevel: .unstated
        case .guaranteed: .guaranteed
        case .burstable: .burstable(limitsCPU: limitingCPU)
        }
    }

    /// Where every container has a CPU limit, a quota may demand one of each.
    static func allLimitCPU(_ containers: [ContainerView]) -> Bool {
        !containers.isEmpty && containers.allSatisfy { amount($0, "limits", .cpu) != nil }
    }

    private enum Resource: CaseIterable { case cpu, memory }

    /// Nil also for zero, which counts as nothing.
    private static func amount(
        _ container: ContainerView, _ list: StaticString, _ resource: Resource
    ) -> Quantity? {
        let text = container.resource(list, resource == .cpu ? "cpu" : "memory")
        guard let quantity = text.flatMap(Quantity.init), quantity > .zero else { return nil }
        return quantity
    }
}

/// What the agent's container asks for.
enum AgentResources: Hashable {
    case unstated
    case guaranteed
    case burstable(limitsCPU: Bool)

    var json: JSONValue? {
        switch self {
        case .unstated: nil
        case .guaranteed:
            [
                "limits": ["cpu": "50m", "memory": "32Mi"], "requests": ["cpu": "50m", "memory": "32Mi"],
            ]
        case .burstable(let limitsCPU):
            [
                "limits": limitsCPU ? ["cpu": "500m", "memory": "64Mi"] : ["memory": "64Mi"],
                "requests": ["cpu": "5m", "memory": "16Mi"],
            ]
        }
    }
}
