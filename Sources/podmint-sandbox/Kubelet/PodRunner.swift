// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import JSON

/// One pod, from its volumes to its end. The container `podmint-agent` is a process; the others are only said to run.
actor PodRunner {
    private let cluster: Cluster
    private let key: ObjectKey
    private let uid: String
    private let agent: AgentProcess.Settings?
    private let address: String
    private var volumes: PodVolumes
    private var status: PodStatus
    private var process: AgentProcess?
    private var isStopping = false

    /// Half a second between looks: far below the kubelet's own minute, so that tests need not wait for it.
    private static let pause = Duration.milliseconds(500)
    static let agentName = "podmint-agent"

    init(cluster: Cluster, pod: JSONValue, folder: Folder, agent: AgentProcess.Settings?) {
        self.cluster = cluster
        key = pod.key
        uid = pod.uid
        self.agent = agent
        address = pod.flag("spec", "hostNetwork") ? "127.0.0.1" : cluster.ports.podAddress()
        volumes = PodVolumes(cluster: cluster, folder: folder)
        status = PodStatus(pod, now: cluster.surroundings.now)
    }

    func run() async {
        volumes.remove()
        report()
        guard await mount(), await startInitContainers(), let pod else { return await end() }
        let now = cluster.surroundings.now
        for container in pod.list("spec", "containers") where container.text("name") != Self.agentName {
            status.set(container.text("name") ?? "", .running(since: now), isStarted: true)
        }
        if let container = pod.list("spec", "containers").first(where: { $0.text("name") == Self.agentName })
        {
            start(container, pod)
        }
        status.phase = "Running"
        report()
        EventRecorder(cluster: cluster).record(
            pod, "Normal", "Started", "Started containers (the sandbox runs only podmint-agent)", "kubelet")
        if pod.text("spec", "restartPolicy") != "Always" { return await complete() }
        while !isStopping, await look() { await sleep() }
        await end()
    }

    /// The pod as stored, unless it is gone or another of the same name.
    private var pod: JSONValue? {
        cluster.store.object(Resource.pods.shelf, key).flatMap { $0.uid == uid ? $0 : nil }
    }

    private var isWanted: Bool { !isStopping && pod.map { !$0.isBeingDeleted } ?? false }

    func stop() { isStopping = true }

    /// Waits for Secrets and ConfigMaps that must be there.
    private func mount() async -> Bool {
        while isWanted, let pod {
            do {
                try volumes.sync(pod)
                return true
            } catch {
                let why = (error as? VolumeContent.Unavailable)?.why ?? String(describing: error)
                EventRecorder(cluster: cluster).record(pod, "Warning", "FailedMount", why, "kubelet")
                await sleep()
            }
        }
        return false
    }

    private func startInitContainers() async -> Bool {
        for container in pod?.list("spec", "initContainers") ?? [] {
            guard isWanted, let pod else { return false }
            let name = container.text("name") ?? ""
            let now = cluster.surroundings.now
            let isSidecar = container.text("restartPolicy") == "Always"
            if name == Self.agentName, agent != nil {
                start(container, pod)
                report()
                guard await waitUntilStarted(container, isSidecar: isSidecar) else { return false }
            } else if isSidecar {
                status.set(name, .running(since: now), isStarted: true)
            } else {
                status.set(name, .terminated(code: 0, since: now, until: now))
            }
            report()
        }
        return isWanted
    }

    private func start(_ container: JSONValue, _ pod: JSONValue) {
        guard let agent else {
            status.set(Self.agentName, .running(since: cluster.surroundings.now), isStarted: true)
            return
        }
        let paths = ContainerPaths(container, volumes: volumes.path)
        do {
            let environment = try ContainerEnvironment(store: cluster.store, pod: pod, paths: paths).resolve(
                container)
            process = try AgentProcess(
                agent, container, pod, environment: environment, paths: paths, folder: volumes.folder)
            status.set(Self.agentName, .running(since: cluster.surroundings.now))
        } catch {
            let why = (error as? ContainerEnvironment.Missing)?.what ?? String(describing: error)
            EventRecorder(cluster: cluster).record(pod, "Warning", "Failed", "Error: \(why)", "kubelet")
            status.set(Self.agentName, .waiting("CreateContainerConfigError"))
        }
    }

    /// A sidecar has started when its startup probe says so; a plain init container must end well.
    private func waitUntilStarted(_ container: JSONValue, isSidecar: Bool) async -> Bool {
        while isWanted {
            if isSidecar, process != nil, await process?.probe("startupProbe") ?? false {
                status.set(Self.agentName, .running(since: cluster.surroundings.now), isStarted: true)
                return true
            }
            if let ended = restartIfEnded(container), !isSidecar, case .terminated(0, _, _) = ended {
                status.set(Self.agentName, ended)
                return true
            }
            keepVolumes()
            try? await Task.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// One round: tokens and ConfigMaps renewed, the agent started again when it ended. False when the pod must go.
    private func look() async -> Bool {
        guard isWanted, let pod else { return false }
        keepVolumes()
        let lists = pod.list("spec", "initContainers") + pod.list("spec", "containers")
        if agent != nil, let container = lists.first(where: { $0.text("name") == Self.agentName }) {
            if restartIfEnded(container) != nil { report() }
            if let process, await process.probe("startupProbe") {
                let before = status.containers.first { $0.name == Self.agentName }?.isStarted
                status.set(Self.agentName, .running(since: process.startedAt), isStarted: true)
                if before != true { report() }
            }
        }
        return true
    }

    private var backOffUntil: Int64 = 0
    private var restartCount = 0

    /// What an ended agent left; it is started again after a pause that grows to 10 s.
    private func restartIfEnded(_ container: JSONValue) -> PodStatus.State? {
        if let ended = process?.poll(now: cluster.surroundings.now) {
            process = nil
            if case .terminated(0, _, _) = ended, container.text("restartPolicy") != "Always",
                isInit(container)
            {
                return ended
            }
            status.countRestart(Self.agentName, after: ended)
            status.set(Self.agentName, .waiting("CrashLoopBackOff"))
            backOffUntil = cluster.surroundings.seconds() + min(10, Int64(restartCount))
            restartCount += 1
            return ended
        }
        guard process == nil, cluster.surroundings.seconds() >= backOffUntil, let pod else { return nil }
        start(container, pod)
        return nil
    }

    private func isInit(_ container: JSONValue) -> Bool {
        status.containers.first { $0.name == container.text("name") }?.isInit ?? false
    }

    private func keepVolumes() {
        guard let pod else { return }
        // A Secret that vanished under a running pod is the kubelet's to report, not the pod's to die of.
        try? volumes.sync(pod)
    }

    /// A pod that is to end by itself: nothing in it is real but the agent, so it ends at once.
    private func complete() async {
        await sleep()
        guard isWanted else { return await end() }
        if let process { _ = await process.stop(grace: .seconds(5)) }
        process = nil
        let now = cluster.surroundings.now
        for container in status.containers {
            status.set(container.name, .terminated(code: 0, since: status.start, until: now))
        }
        status.phase = "Succeeded"
        report()
        while !isStopping, isWanted { await sleep() }
        await end()
    }

    private func end() async {
        let grace = pod?.number("metadata", "deletionGracePeriodSeconds") ?? 30
        if let process { _ = await process.stop(grace: isStopping ? .seconds(2) : .seconds(grace)) }
        process = nil
        volumes.remove()
        guard !isStopping, let pod, pod.isBeingDeleted else { return }
        if pod.finalizers.isEmpty {
            cluster.store.remove(.pods, key, uid: uid)
        } else {
            cluster.store.change(.pods, key) { $0.put(0, "metadata", "deletionGracePeriodSeconds") }
        }
    }

    private func report() {
        let (status, address, now) = (status, address, cluster.surroundings.now)
        cluster.store.change(.pods, key) { pod in
            if pod.uid == uid { status.write(to: &pod, address: address, now: now) }
        }
    }

    private func sleep() async { try? await Task.sleep(for: Self.pause) }
}
