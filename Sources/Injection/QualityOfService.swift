// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// A pod's class, by the API server's own rule (`ComputePodQOS`), and what the agent may ask for without changing it.
enum QualityOfService: Hashable {
    case guaranteed
    /// Where every container has a CPU limit, a quota may demand one of each.
    case burstable(limitsCPU: Bool)
    case bestEffort
    /// The pod has a budget of its own, so its containers need none.
    case podLevel

    /// Of the pod without the agent.
    init(_ containers: [ContainerView], hasPodResources: Bool) {
        guard !hasPodResources else {
            self = .podLevel
            return
        }
        var cpu = Budget()
        var memory = Budget()
        for container in containers {
            let resources = container.resources
            cpu.add(limit: resources?.limit(of: "cpu"), request: resources?.request(of: "cpu"))
            memory.add(limit: resources?.limit(of: "memory"), request: resources?.request(of: "memory"))
        }
        if cpu.isEmpty && memory.isEmpty {
            self = .bestEffort
        } else if cpu.isGuaranteed && memory.isGuaranteed {
            self = .guaranteed
        } else {
            self = .burstable(limitsCPU: cpu.isLimited)
        }
    }

    /// Generating an RSA-4096 key is the most the agent ever does: about 2 s of CPU, 12 MiB of memory.
    var resources: AgentResources {
        switch self {
        case .bestEffort, .podLevel: .unstated
        case .guaranteed: .guaranteed
        case .burstable(let limitsCPU): .burstable(limitsCPU: limitsCPU)
        }
    }
}

/// What all containers together ask for of one resource.
private struct Budget {
    private var request = Quantity.zero
    private var limit = Quantity.zero
    /// Every container has a limit.
    private(set) var isLimited = true

    mutating func add(limit: Quantity?, request: Quantity?) {
        // Defaulting: who sets a limit only, requests as much.
        self.request = self.request + (request ?? limit ?? .zero)
        self.limit = self.limit + (limit ?? .zero)
        if limit == nil { isLimited = false }
    }

    var isEmpty: Bool { request == .zero && limit == .zero }
    var isGuaranteed: Bool { isLimited && request == limit }
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
