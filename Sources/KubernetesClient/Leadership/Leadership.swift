// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Synchronization

/// Of all replicas one holds a Lease and does what only one may do.
///
/// Who leads is told so by `run` calling its duties, and that it no longer does by their task being cancelled: they must
/// end soon then, and make in each term anew what they use (a stream that was waited at ends with the term). What they wrote last may still arrive; so each write must be safe beside another leader's (a
/// resource version, a `test`, an apply).
package final class Leadership: Sendable {
    package enum Change: Sendable {
        case gained
        /// By another's hand, or because the API server could not be reached for too long.
        case lost
        /// Given back, so that the next need not wait.
        case released
        case follows(String)
        /// Told once for each row of the same failure.
        case failed(KubernetesError)
    }

    private let client: APIClient
    private let namespace: String
    private let name: String
    private let candidate: String
    private let timing: LeaseTiming
    private let clock: WaitingClock
    private let calendar: @Sendable () -> MicroTime
    private let onChange: @Sendable (Change) -> Void
    private let standing = Mutex(Standing())
    private let resignation = AsyncStream.makeStream(of: Never.self)
    private let end = AsyncStream.makeStream(of: Never.self)

    private struct Standing {
        var isRunning = false
        var isLeading = false
        var holder: String?
        var failure: KubernetesError?
    }

    /// `onChange` is called in order, one at a time, and must not block.
    package init(
        client: APIClient, namespace: String, name: String = "podmint", candidate: String,
        timing: LeaseTiming = LeaseTiming(), clock: WaitingClock = .system,
        calendar: @escaping @Sendable () -> MicroTime,
        onChange: @escaping @Sendable (Change) -> Void = { _ in }
    ) {
        self.client = client
        self.namespace = namespace
        self.name = name
        self.candidate = candidate
        self.timing = timing
        self.clock = clock
        self.calendar = calendar
        self.onChange = onChange
    }

    package var isLeading: Bool { standing.withLock { $0.isLeading } }

    /// Campaigns until it is cancelled or resigns; runs `duties` each time it leads, for as long as it does.
    package func run(_ duties: @escaping @Sendable () async -> Void) async {
        standing.withLock { $0.isRunning = true }
        await withTaskGroup(of: LeaseElection?.self) { group in
            group.addTask { await self.campaign(duties) }
            group.addTask {
                for await _ in self.resignation.stream {}
                return nil
            }
            var election = await group.next() ?? nil
            group.cancelAll()
            for await other in group { election = election ?? other }
            // Of its own, since this task may be cancelled, and its requests with it.
            if let election { await Task { await self.release(election) }.value }
        }
        standing.withLock { $0.isRunning = false }
        end.continuation.finish()
    }

    /// Ends `run`, and returns when the Lease is free for the next.
    package func resign() async {
        resignation.continuation.finish()
        guard standing.withLock({ $0.isRunning }) else { return }
        for await _ in end.stream {}
    }

    private func campaign(_ duties: @escaping @Sendable () async -> Void) async -> LeaseElection {
        var election = LeaseElection(
            candidate: candidate, name: name, namespace: namespace, timing: timing)
        while !Task.isCancelled {
            await pursue(&election, whileLeading: false)
            guard !Task.isCancelled else { break }
            note(leading: true, .gained)
            election = await lead(election, duties)
        }
        return election
    }

    /// Both end together, the duties after the lead: what the Lease has come to is the answer.
    private func lead(
        _ election: LeaseElection, _ duties: @escaping @Sendable () async -> Void
    ) async -> LeaseElection {
        await withTaskGroup(of: LeaseElection?.self) { group in
            group.addTask {
                await duties()
                return nil
            }
            group.addTask {
                var election = election
                await self.pursue(&election, whileLeading: true)
                // At once: duties may take a while to end, and another may lead by then.
                self.note(leading: false, Task.isCancelled ? nil : .lost)
                return election
            }
            var last = election
            for await ended in group {
                guard let ended else { continue }
                last = ended
                group.cancelAll()
            }
            return last
        }
    }

    private func pursue(_ election: inout LeaseElection, whileLeading: Bool) async {
        var random = SystemRandomNumberGenerator()
        while !Task.isCancelled, election.isLeading(at: clock.now()) == whileLeading {
            let begun = clock.now()
            do throws(KubernetesError) {
                switch election.next(at: begun, calendar: calendar(), &random) {
                case .wait(let time): try? await clock.sleep(time)
                case .read(let time):
                    let found = try await client.waiting(atMost: time).find(
                        .leases, namespace: namespace, name: name)
                    election.saw(found.map(Lease.init), at: clock.now())
                    note(holder: election.holder)
                case .create(let lease, let time):
                    let made = try await client.waiting(atMost: time).create(
                        .leases, namespace: namespace, lease.object)
                    election.wrote(Lease(made), begun: begun)
                case .replace(let lease, let time):
                    let written = try await client.waiting(atMost: time).replace(
                        .leases, namespace: namespace, name: name, lease.object)
                    election.wrote(Lease(written), begun: begun)
                }
            } catch {
                election.failed(at: clock.now(), &random)
                // That another was quicker is how an election goes.
                if error.code != 409, !Task.isCancelled { note(error) }
            }
        }
    }

    /// Twice, since a renewal that was cut off may have been made.
    private func release(_ election: LeaseElection) async {
        var election = election
        for _ in 0..<2 {
            guard let lease = election.release(calendar: calendar()) else { return }
            do throws(KubernetesError) {
                let client = client.waiting(atMost: timing.attempt)
                do throws(KubernetesError) {
                    _ = try await client.replace(.leases, namespace: namespace, name: name, lease.object)
                    return onChange(.released)
                } catch {
                    guard error.isConflict else { throw error }
                    let found = try await client.find(.leases, namespace: namespace, name: name)
                    election.saw(found.map(Lease.init), at: clock.now())
                }
            } catch { return onChange(.failed(error)) }
        }
    }

    private func note(leading: Bool, _ change: Change?) {
        standing.withLock { standing in
            standing.isLeading = leading
            standing.holder = nil
            standing.failure = nil
        }
        if let change { onChange(change) }
    }

    private func note(_ failure: KubernetesError) {
        let isNews = standing.withLock { standing in
            defer { standing.failure = failure }
            return standing.failure != failure
        }
        if isNews { onChange(.failed(failure)) }
    }

    private func note(holder: String?) {
        standing.withLock { $0.failure = nil }
        guard let holder, holder != candidate else { return }
        let isNews = standing.withLock { standing in
            defer { standing.holder = holder }
            return standing.holder != holder
        }
        if isNews { onChange(.follows(holder)) }
    }
}
