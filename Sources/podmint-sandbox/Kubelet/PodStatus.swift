// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What the kubelet reports of one pod; written whole, so that a status is always of one moment.
struct PodStatus: Sendable {
    enum State: Sendable, Equatable {
        case waiting(String)
        case running(since: String)
        case terminated(code: Int64, since: String, until: String)

        var value: JSONValue {
            switch self {
            case .waiting(let reason): ["waiting": ["reason": .string(reason)]]
            case .running(let since): ["running": ["startedAt": .string(since)]]
            case .terminated(let code, let since, let until):
                [
                    "terminated": [
                        "exitCode": .integer(code), "reason": code == 0 ? "Completed" : "Error",
                        "startedAt": .string(since), "finishedAt": .string(until),
                    ]
                ]
            }
        }
    }

    struct Container: Sendable {
        var name: String
        var image: String
        var isInit: Bool
        var isSidecar: Bool
        var state: State = .waiting("PodInitializing")
        var last: State?
        var isStarted = false
        var restarts: Int64 = 0

        var isReady: Bool {
            switch state {
            case .running: isStarted
            case .terminated(0, _, _): isInit && !isSidecar
            default: false
            }
        }
    }

    var containers: [Container]
    var phase = "Pending"
    let start: String

    init(_ pod: JSONValue, now: String) {
        start = now
        containers = ["initContainers", "containers"].flatMap { list in
            pod.list("spec", list).map { container in
                Container(
                    name: container.text("name") ?? "", image: container.text("image") ?? "",
                    isInit: list == "initContainers", isSidecar: container.text("restartPolicy") == "Always",
                    state: .waiting(
                        pod.list("spec", "initContainers").isEmpty ? "ContainerCreating" : "PodInitializing"))
            }
        }
    }

    mutating func set(_ name: String, _ state: State, isStarted: Bool = false) {
        guard let index = containers.firstIndex(where: { $0.name == name }) else { return }
        containers[index].state = state
        containers[index].isStarted = isStarted
    }

    mutating func countRestart(_ name: String, after ended: State) {
        guard let index = containers.firstIndex(where: { $0.name == name }) else { return }
        containers[index].last = ended
        containers[index].restarts += 1
    }

    var isInitialized: Bool {
        containers.allSatisfy { !$0.isInit || ($0.isSidecar ? $0.isStarted : $0.isReady) }
    }

    func write(to pod: inout JSONValue, address: String, now: String) {
        let isReady = phase == "Running" && containers.allSatisfy { $0.isReady }
        pod.put(.string(phase), "status", "phase")
        pod.put("127.0.0.1", "status", "hostIP")
        pod.put([["ip": "127.0.0.1"]], "status", "hostIPs")
        pod.put(.string(address), "status", "podIP")
        pod.put([["ip": .string(address)]], "status", "podIPs")
        pod.put(.string(start), "status", "startTime")
        pod.put(.integer(pod.number("metadata", "generation") ?? 1), "status", "observedGeneration")
        let isOver = phase == "Succeeded" || phase == "Failed"
        let why = isOver ? "PodCompleted" : isReady ? "" : "ContainersNotReady"
        Condition.set("PodReadyToStartContainers", !isOver, "", now: now, in: &pod)
        Condition.set(
            "Initialized", isInitialized, isInitialized ? "" : "ContainersNotInitialized", now: now, in: &pod)
        Condition.set("Ready", isReady, why, now: now, in: &pod)
        Condition.set("ContainersReady", isReady, why, now: now, in: &pod)
        Condition.set("PodScheduled", true, "", now: now, in: &pod)
        let inits = containers.filter(\.isInit).map(Self.value)
        if !inits.isEmpty { pod.put(.array(inits), "status", "initContainerStatuses") }
        pod.put(.array(containers.filter { !$0.isInit }.map(Self.value)), "status", "containerStatuses")
    }

    private static func value(_ container: Container) -> JSONValue {
        var value: JSONValue = [
            "name": .string(container.name), "image": .string(container.image), "imageID": "",
            "ready": .bool(container.isReady), "started": .bool(container.isStarted),
            "restartCount": .integer(container.restarts), "state": container.state.value, "lastState": [:],
        ]
        if let last = container.last { value.put(last.value, "lastState") }
        if case .waiting = container.state { return value }
        value.put(.string("sandbox://\(container.name)"), "containerID")
        return value
    }
}
