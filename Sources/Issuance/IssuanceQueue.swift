// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol
internal import Synchronization
internal import Telemetry

/// Takes checked requests, lets a bounded number of workers do them in a fair order, and brings each answer to all
/// who wait for it.
///
/// One job per pod and policy: the same key again joins, another key takes the older one's place (an agent that
/// restarted has lost the old key; nobody waits for it). Nothing is lost with the process: agents ask again.
package final class IssuanceQueue: Sendable {
    package typealias Outcome = Result<IssuedCertificate, Refusal>
    typealias Performance = @Sendable (CheckedRequest) async -> Outcome

    package struct Limits: Sendable {
        /// A job costs some 20 kB with its waiting connection: 80 MB. At 1,000 signatures a second they are done
        /// in 4 s, well within what an agent waits.
        package var jobs = 4096
        /// Each worker waits for the API server most of its time (three reads of some ms); two cores sign 20,000/s.
        package var workers = 16
        /// An agent has one connection; a second one is its probe or its successor.
        package var waitersPerJob = 4

        package init() {}
    }

    struct JobKey: Hashable {
        let podUID: String
        let policy: String
    }

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct Job {
        var request: CheckedRequest
        var waiters: [Waiter]
        let since: Duration
        var isRunning = false
        /// Came while the job was running, with another key.
        var successor: (request: CheckedRequest, waiters: [Waiter])?
    }

    private struct State {
        var queue: FairQueue<JobKey>
        var jobs: [JobKey: Job] = [:]
        var idle: [CheckedContinuation<CheckedRequest?, Never>] = []
        var nextWaiter: UInt64 = 0
        var isDraining = false
    }

    /// What to tell whom once the lock is released.
    private typealias Answers = [(Waiter, Outcome)]

    private let limits: Limits
    private let clock: IssuanceClock
    private let metrics: QueueMetrics?
    private let perform: Performance
    private let state: Mutex<State>

    package convenience init(
        limits: Limits = Limits(), clock: IssuanceClock = .system, metrics: QueueMetrics? = nil,
        signing: IssuanceWork
    ) {
        self.init(
            limits: limits, clock: clock, metrics: metrics, perform: { await signing.perform($0) })
    }

    init(
        limits: Limits, clock: IssuanceClock, metrics: QueueMetrics? = nil, perform: @escaping Performance
    ) {
        self.limits = limits
        self.clock = clock
        self.metrics = metrics
        self.perform = perform
        state = Mutex(State(queue: FairQueue(capacity: limits.jobs)))
    }

    /// Jobs that wait for a worker.
    package var depth: Int { state.withLock { $0.queue.count } }

    /// Works until `drain()` was called, or the task is cancelled, and all that was accepted is done.
    package func run() async {
        await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<limits.workers { group.addTask { await self.work() } }
            }
        } onCancel: {
            drain()
        }
    }

    private func work() async {
        while let request = await next() { finish(request, await perform(request)) }
    }

    /// Accepts nothing more; `run()` returns when the rest is done.
    package func drain() {
        let idle = state.withLock { state in
            state.isDraining = true
            defer { state.idle = [] }
            return state.idle
        }
        for worker in idle { worker.resume(returning: nil) }
    }

    /// Waits for the answer, at most for `patience`; the job itself goes on, so that who asks again finds it done.
    package func submit(_ request: CheckedRequest, patience: Duration) async -> Outcome {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled when the answer is there; nothing to do then.
                guard (try? await self.clock.sleep(patience)) != nil else { return }
                self.abandon(id, of: request)
            }
            let outcome = await withCheckedContinuation { continuation in
                accept(request, Waiter(id: id, continuation: continuation))
            }
            group.cancelAll()
            return outcome
        }
    }

    private func accept(_ request: CheckedRequest, _ waiter: Waiter) {
        let (answers, worker) = state.withLock { state in place(request, waiter, &state) }
        for (waiter, outcome) in answers { waiter.continuation.resume(returning: outcome) }
        if let worker { worker.continuation.resume(returning: worker.request) }
    }

    private typealias Assignment = (
        continuation: CheckedContinuation<CheckedRequest?, Never>, request: CheckedRequest
    )

    private func place(_ request: CheckedRequest, _ waiter: Waiter, _ state: inout State) -> (
        Answers, Assignment?
    ) {
        guard !state.isDraining else { return ([(waiter, .failure(.stopping))], nil) }
        let key = JobKey(request)
        if var job = state.jobs[key] {
            let answers = join(request, waiter, &job)
            state.jobs[key] = job
            return (answers, nil)
        }
        var answers: Answers = []
        switch state.queue.add(key, namespace: request.caller.namespace, reason: request.reason) {
        case .queued: break
        case .queuedInsteadOf(let dropped):
            let lost = state.jobs.removeValue(forKey: dropped)?.waiters ?? []
            answers = lost.map { ($0, .failure(.queueFull)) }
        case .full: return ([(waiter, .failure(.queueFull))], nil)
        }
        state.jobs[key] = Job(request: request, waiters: [waiter], since: clock.elapsed())
        metrics?.depth.set(state.queue.count)
        guard let worker = state.idle.popLast(), let next = take(&state) else { return (answers, nil) }
        return (answers, (worker, next))
    }

    private func join(_ request: CheckedRequest, _ waiter: Waiter, _ job: inout Job) -> Answers {
        if job.request.keyDigest == request.keyDigest {
            guard job.waiters.count < limits.waitersPerJob else {
                return [(waiter, .failure(.tooManyWaiters))]
            }
            job.waiters.append(waiter)
            return []
        }
        guard job.isRunning else {
            let superseded = job.waiters
            (job.request, job.waiters) = (request, [waiter])
            return superseded.map { ($0, .failure(.superseded)) }
        }
        let superseded = job.successor?.waiters ?? []
        job.successor = (request, [waiter])
        return superseded.map { ($0, .failure(.superseded)) }
    }

    private func next() async -> CheckedRequest? {
        await withCheckedContinuation { continuation in
            let answer: CheckedRequest?? = state.withLock { state in
                if let request = take(&state) { return .some(request) }
                if state.isDraining { return .some(nil) }
                state.idle.append(continuation)
                return .none
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func take(_ state: inout State) -> CheckedRequest? {
        guard let key = state.queue.next() else { return nil }
        state.jobs[key]?.isRunning = true
        if let metrics, let job = state.jobs[key] {
            metrics.depth.set(state.queue.count)
            metrics.wait.observe(clock.elapsed() - job.since)
        }
        return state.jobs[key]?.request
    }

    private func finish(_ request: CheckedRequest, _ outcome: Outcome) {
        let key = JobKey(request)
        var answers: Answers = []
        let worker: Assignment? = state.withLock { state in
            guard let job = state.jobs.removeValue(forKey: key) else { return nil }
            answers = job.waiters.map { ($0, outcome) }
            guard let (request, waiters) = job.successor else { return nil }
            switch state.queue.add(key, namespace: request.caller.namespace, reason: request.reason) {
            case .queued: break
            case .queuedInsteadOf(let dropped):
                answers += (state.jobs.removeValue(forKey: dropped)?.waiters ?? []).map {
                    ($0, .failure(.queueFull))
                }
            case .full:
                answers += waiters.map { ($0, .failure(.queueFull)) }
                return nil
            }
            state.jobs[key] = Job(request: request, waiters: waiters, since: clock.elapsed())
            metrics?.depth.set(state.queue.count)
            guard let worker = state.idle.popLast(), let next = take(&state) else { return nil }
            return (worker, next)
        }
        for (waiter, outcome) in answers { waiter.continuation.resume(returning: outcome) }
        if let worker { worker.continuation.resume(returning: worker.request) }
    }

    /// The waiter's patience is over. Where it is not found, it has its answer already.
    private func abandon(_ id: UInt64, of request: CheckedRequest) {
        let waiter: Waiter? = state.withLock { state in
            guard var job = state.jobs[JobKey(request)] else { return nil }
            defer { state.jobs[JobKey(request)] = job }
            if let index = job.waiters.firstIndex(where: { $0.id == id }) {
                return job.waiters.remove(at: index)
            }
            guard let index = job.successor?.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return job.successor?.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: .failure(.busy))
    }
}

extension IssuanceQueue.JobKey {
    init(_ request: CheckedRequest) {
        self.init(podUID: request.caller.podUID, policy: request.policy.text)
    }
}

extension Refusal {
    static let stopping = later(
        .stopping, "this podmint replica is stopping",
        hint: "another one answers; it is tried again by itself",
        after: 1)
    static let queueFull = later(
        .queueFull, "podmint's queue is full", hint: "it is tried again by itself", after: 10)
    static let busy = later(
        .busy, "podmint has not come to this request yet",
        hint: "it is tried again by itself, and kept in line",
        after: 1)
    static let superseded = later(
        .superseded, "the pod has asked again with another key since",
        hint: "if this repeats, two agents run for one policy of this pod", after: 15)
    static let tooManyWaiters = Refusal(
        .rateLimited, status: 429, "the pod asks for the same certificate on too many connections at once",
        hint: "one agent per pod asks once and waits", retryAfter: 10)
}
