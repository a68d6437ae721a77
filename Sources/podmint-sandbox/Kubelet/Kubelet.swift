// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Scheduler and kubelet of the one node: every pod is bound to it, and gets a runner.
actor Kubelet {
    private let cluster: Cluster
    private let folder: Folder
    private let agent: AgentProcess.Settings?
    private var runners: [String: PodRunner] = [:]
    private var tasks: [String: Task<Void, Never>] = [:]

    init(cluster: Cluster, folder: Folder, agent: String?) {
        self.cluster = cluster
        self.folder = folder
        self.agent = agent.map { AgentProcess.Settings(binary: $0) }
    }

    nonisolated var logs: any PodLogSource { KubeletLogs(folder: folder) }

    func run() async {
        let (events, feed) = AsyncStream.makeStream(of: StoreEvent.self)
        let pods = Resource.pods.shelf
        guard let observation = try? cluster.store.observe(.now, { if $0.shelf == pods { feed.yield($0) } })
        else {
            return
        }
        defer { observation.end() }
        for await event in events where event.change != .deleted { take(event.object) }
    }

    /// Ends every process before the sandbox itself ends.
    func stop() async {
        for runner in runners.values { await runner.stop() }
        for task in tasks.values { await task.value }
    }

    private func take(_ pod: JSONValue) {
        guard runners[pod.uid] == nil, !pod.isBeingDeleted else { return }
        guard pod.text("spec", "nodeName") != nil else { return bind(pod) }
        guard let home = try? folder.folder("\(pod.namespace)/\(pod.name)") else { return }
        let runner = PodRunner(cluster: cluster, pod: pod, folder: home, agent: agent)
        runners[pod.uid] = runner
        let uid = pod.uid
        tasks[uid] = Task {
            await runner.run()
            self.forget(uid)
        }
    }

    private func forget(_ uid: String) {
        runners[uid] = nil
        tasks[uid] = nil
    }

    private func bind(_ pod: JSONValue) {
        let now = cluster.surroundings.now
        let bound = cluster.store.change(.pods, pod.key) { pod in
            pod.putDefault(.string(Cluster.nodeName), "spec", "nodeName")
            Condition.set("PodScheduled", true, "", now: now, in: &pod)
        }
        guard let bound else { return }
        EventRecorder(cluster: cluster).record(
            bound, "Normal", "Scheduled",
            "Successfully assigned \(pod.namespace)/\(pod.name) to \(Cluster.nodeName)", "default-scheduler")
    }
}

/// `kubectl logs`: the agent's file; of a container that is not run, a line that says so.
struct KubeletLogs: PodLogSource {
    let folder: Folder

    func log(namespace: String, pod: String, _ container: String, lastLines: Int?) -> String {
        guard container == PodRunner.agentName else {
            return "(the sandbox does not run this container; it runs only \(PodRunner.agentName))\n"
        }
        let file = AgentProcess.logFile(Folder(path: "\(folder.path)/\(namespace)/\(pod)"))
        let text = String(decoding: Folder.read(file) ?? [], as: UTF8.self)
        guard let lastLines else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return lines.suffix(lastLines).map { $0 + "\n" }.joined()
    }
}
