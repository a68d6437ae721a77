// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The QoS class of a pod, from the requests and limits of all its containers.
enum QualityOfService {
    static func of(_ spec: JSONValue) -> String {
        let containers = spec.list("containers") + spec.list("initContainers")
        var isGuaranteed = true
        var isBestEffort = true
        for container in containers {
            let limits = container.fields("resources", "limits")
            let requests = container.fields("resources", "requests")
            if !limits.isEmpty || !requests.isEmpty { isBestEffort = false }
            for name in ["cpu", "memory"] where limits[name] == nil || limits[name] != requests[name] {
                isGuaranteed = false
            }
        }
        return isBestEffort ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
    }
}
