// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One piece of work for a controller; the same piece never runs twice at a time.
enum Work: Hashable, Sendable {
    case deployment(ObjectKey)
    case replicaSet(ObjectKey)
    case statefulSet(ObjectKey)
    case daemonSet(ObjectKey)
    case job(ObjectKey)
    case service(ObjectKey)
    case namespace(ObjectKey)
    case definition(ObjectKey)
    /// An owner that is gone.
    case orphansOf(uid: String, namespace: String)
    /// An owner that waits for its dependents.
    case foreground(shelf: String, ObjectKey)
}

/// The controllers: from events to work, from work to changes, with retries that slow down.
actor ControllerLoop {
    private let cluster: Cluster
    private var running: Set<Work> = []
    private var again: Set<Work> = []
    private var failures: [Work: Int] = [:]

    init(cluster: Cluster) { self.cluster = cluster }

    /// Follows the store until the task is cancelled.
    func run() async throws(APIError) {
        let (events, feed) = AsyncStream.makeStream(of: StoreEvent.self)
        let observation = try cluster.store.observe(.now) { feed.yield($0) }
        defer { observation.end() }
        for await event in events {
            for work in WorkMap(cluster: cluster).work(for: event) { enqueue(work) }
        }
    }

    private func enqueue(_ work: Work) {
        guard running.insert(work).inserted else {
            again.insert(work)
            return
        }
        Task {
            let isDone = await reconcile(work)
            await finish(work, isDone)
        }
    }

    private func finish(_ work: Work, _ isDone: Bool) async {
        if isDone {
            failures[work] = nil
        } else {
            let count = failures[work, default: 0]
            failures[work] = count + 1
            // 200 ms, doubled up to 12.8 s: a refused pod is tried again soon enough for a person who mends it.
            try? await Task.sleep(for: .milliseconds(200 << min(count, 6)))
        }
        running.remove(work)
        if again.remove(work) != nil || !isDone { enqueue(work) }
    }

    /// False when something failed that may work later.
    private nonisolated func reconcile(_ work: Work) async -> Bool {
        switch work {
        case .deployment(let key): await DeploymentController(cluster: cluster).reconcile(key)
        case .replicaSet(let key): await ReplicaSetController(cluster: cluster).reconcile(key)
        case .statefulSet(let key): await StatefulSetController(cluster: cluster).reconcile(key)
        case .daemonSet(let key): await DaemonSetController(cluster: cluster).reconcile(key)
        case .job(let key): await JobController(cluster: cluster).reconcile(key)
        case .service(let key): EndpointsController(cluster: cluster).reconcile(key)
        case .namespace(let key): NamespaceController(cluster: cluster).reconcile(key)
        case .definition(let key): DefinitionController(cluster: cluster).reconcile(key)
        case .orphansOf(let uid, let namespace):
            GarbageCollector(cluster: cluster).collect(owner: uid, namespace: namespace)
        case .foreground(let shelf, let key): GarbageCollector(cluster: cluster).finishForeground(shelf, key)
        }
    }
}
