// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Events about objects; the same happening again only counts up.
struct EventRecorder {
    let cluster: Cluster

    func record(_ object: JSONValue, _ type: String, _ reason: String, _ message: String, _ component: String)
    {
        let now = cluster.surroundings.now
        let namespace = object.namespace.isEmpty ? "default" : object.namespace
        let known = cluster.store.list(.events, namespace: namespace).first {
            $0.text("involvedObject", "uid") == object.uid && $0.text("reason") == reason
                && $0.text("message") == message
        }
        if let known {
            cluster.store.change(.events, known.key) { event in
                event.put(.integer((event.number("count") ?? 1) + 1), "count")
                event.put(.string(now), "lastTimestamp")
            }
            return
        }
        let event: JSONValue = [
            "kind": "Event", "apiVersion": "v1",
            "metadata": [
                "name": .string("\(object.name).\(cluster.surroundings.suffix(16))"),
                "namespace": .string(namespace),
                "uid": .string(cluster.surroundings.uuid()), "creationTimestamp": .string(now),
            ],
            "involvedObject": [
                "kind": .string(object.kind), "namespace": .string(object.namespace),
                "name": .string(object.name),
                "uid": .string(object.uid), "apiVersion": .string(object.apiVersion),
                "resourceVersion": .string(object.resourceVersion),
            ],
            "reason": .string(reason), "message": .string(message),
            "source": ["component": .string(component)],
            "firstTimestamp": .string(now), "lastTimestamp": .string(now), "count": 1, "type": .string(type),
            "eventTime": .null, "reportingComponent": .string(component), "reportingInstance": "",
        ]
        _ = try? cluster.store.create(.events, event)
    }
}

/// Conditions in a status: the time changes only when the state does.
enum Condition {
    static func set(
        _ type: String, _ isTrue: Bool, _ reason: String, _ message: String = "", now: String,
        in object: inout JSONValue
    ) {
        var conditions = object.list("status", "conditions")
        let status = isTrue ? "True" : "False"
        var condition: JSONValue = ["type": .string(type), "status": .string(status)]
        if !reason.isEmpty { condition.put(.string(reason), "reason") }
        if !message.isEmpty { condition.put(.string(message), "message") }
        let index = conditions.firstIndex { $0.text("type") == type }
        let old = index.map { conditions[$0] }
        let since = old?.text("status") == status ? old?.text("lastTransitionTime") : nil
        condition.put(.string(since ?? now), "lastTransitionTime")
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        object.put(.array(conditions), "status", "conditions")
    }

    static func clear(_ type: String, in object: inout JSONValue) {
        let rest = object.list("status", "conditions").filter { $0.text("type") != type }
        object.put(rest.isEmpty ? nil : .array(rest), "status", "conditions")
    }
}
