// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Service → the addresses of the pods it selects, in both forms.
struct EndpointsController {
    let cluster: Cluster

    func reconcile(_ key: ObjectKey) -> Bool {
        let sliceKey = ObjectKey(namespace: key.namespace, name: "\(key.name)-sandbox")
        guard let service = cluster.store.object(Resource.services.shelf, key), !service.isBeingDeleted else {
            cluster.store.remove(.endpoints, key)
            cluster.store.remove(.endpointSlices, sliceKey)
            return true
        }
        let selector = service.textMap("spec", "selector")
        guard !selector.isEmpty else { return true }
        let labels = Selector(requirements: selector.map { .isOneOf($0.key, [$0.value]) })
        let pods = cluster.store.list(.pods, namespace: key.namespace).filter {
            labels.matches($0.labels) && PodMaker.isActive($0) && $0.text("status", "podIP") != nil
        }
        let ports = service.list("spec", "ports").map { port -> JSONValue in
            var shown: JSONValue = [
                "port": port.find("targetPort")?.integer.map { .integer($0) } ?? port.find("port") ?? 0,
                "protocol": port.find("protocol") ?? "TCP",
            ]
            if let name = port.find("name") { shown.put(name, "name") }
            return shown
        }
        write(.endpoints, key, service, ["subsets": .array(subsets(pods, ports))])
        write(
            .endpointSlices, sliceKey, service,
            [
                "addressType": "IPv4", "ports": .array(ports),
                "endpoints": .array(
                    pods.map { pod in
                        let isReady = JSONValue.bool(PodMaker.isReady(pod))
                        return [
                            "addresses": [pod.find("status", "podIP") ?? ""],
                            "conditions": ["ready": isReady, "serving": isReady, "terminating": false],
                            "targetRef": Self.reference(pod),
                        ]
                    }),
            ])
        return true
    }

    private func subsets(_ pods: [JSONValue], _ ports: [JSONValue]) -> [JSONValue] {
        func addresses(_ pods: [JSONValue]) -> JSONValue {
            .array(pods.map { ["ip": $0.find("status", "podIP") ?? "", "targetRef": Self.reference($0)] })
        }
        let ready = pods.filter(PodMaker.isReady)
        let waiting = pods.filter { !PodMaker.isReady($0) }
        guard !pods.isEmpty else { return [] }
        var subset: JSONValue = ["ports": .array(ports)]
        if !ready.isEmpty { subset.put(addresses(ready), "addresses") }
        if !waiting.isEmpty { subset.put(addresses(waiting), "notReadyAddresses") }
        return [subset]
    }

    private static func reference(_ pod: JSONValue) -> JSONValue {
        [
            "kind": "Pod", "name": .string(pod.name), "namespace": .string(pod.namespace),
            "uid": .string(pod.uid),
        ]
    }

    private func write(_ resource: Resource, _ key: ObjectKey, _ service: JSONValue, _ content: JSONObject) {
        let changed = cluster.store.change(resource, key) { object in
            for (field, value) in content { object.put(value, field) }
        }
        guard changed == nil else { return }
        var object: JSONValue = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion),
            "metadata": [
                "name": .string(key.name), "namespace": .string(key.namespace),
                "uid": .string(cluster.surroundings.uuid()),
                "creationTimestamp": .string(cluster.surroundings.now),
                "labels": ["kubernetes.io/service-name": .string(service.name)],
            ],
        ]
        for (field, value) in content { object.put(value, field) }
        _ = try? cluster.store.create(resource, object)
    }
}
