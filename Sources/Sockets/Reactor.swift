// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// Whatever waits for a descriptor on a reactor. Called on the reactor's thread only.
package protocol ReactorSource: AnyObject {
    func ready(_ readiness: Readiness)
}

/// One thread that waits for descriptors (level-triggered), timers and jobs from other threads.
///
/// All but `submit`, `stop` and `isCurrent` may be called on that thread only, and trap elsewhere: what a
/// reactor holds belongs to its thread and needs no lock.
// Sendable though its state is mutable: other threads reach `inbox` (a Mutex) and `wakeUp` (immutable) alone.
package final class Reactor: @unchecked Sendable {
    /// Names a registration. Stale ones (the descriptor was unregistered within the same batch) are ignored.
    package struct Token: Hashable, Sendable { let rawValue: UInt64 }
    package struct TimerToken: Hashable, Sendable { let rawValue: UInt64 }

    private struct Slot {
        var source: (any ReactorSource)?
        var descriptor: CInt = -1
        var interest: Readiness = []
        var generation: UInt32 = 0
    }

    private struct Inbox {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let epoll: Epoll
    private let wakeUp: FileDescriptor
    private let inbox = Mutex(Inbox())
    private let thread = Mutex<pthread_t?>(nil)
    /// The loop's pthread_t while it runs; 0 before and after.
    private let owner = Atomic<UInt>(0)
    // Confined to the thread from here on.
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var timers = TimerQueue()
    private var running: [@Sendable () -> Void] = []
    /// Jobs wait that this thread submitted itself, with no wake-up on the way for them.
    private var hasOwnJobs = false
    private var isDone = false
    /// Milliseconds of `MonotonicClock`, read once per round of the loop.
    package private(set) var now: Int64 = MonotonicClock.now()

    private static let wakeUpToken = UInt64.max

    /// Starts the thread. `name` shows in `top -H` (15 bytes at most).
    package static func start(name: String = "reactor") throws(SystemCallError) -> Reactor {
        SignalMask.ignoreBrokenPipes()
        let wakeUp = FileDescriptor(
            owning: try systemCall("eventfd") { eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK)) })
        let reactor = Reactor(epoll: try Epoll.create(), wakeUp: wakeUp, name: name)
        try reactor.epoll.add(reactor.wakeUp.rawValue, Readiness.readable, token: Self.wakeUpToken)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Reactor>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(reactor).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(reactor).release()
            throw SystemCallError("pthread_create", code: code)
        }
        let started = thread
        reactor.thread.withLock { $0 = started }
        pthread_setname_np(thread, String(name.prefix(15)))
        return reactor
    }

    private init(epoll: consuming Epoll, wakeUp: consuming FileDescriptor, name: String) {
        self.epoll = epoll
        self.wakeUp = wakeUp
    }

    package var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

    /// Runs `job` on the reactor's thread, soon and in order. False, and the job is dropped, once it has stopped.
    @discardableResult
    package func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (taken, first) = inbox.withLock { inbox -> (Bool, Bool) in
            guard !inbox.isStopped else { return (false, false) }
            inbox.jobs.append(job)
            return (true, inbox.jobs.count == 1)
        }
        if first { if isCurrent { hasOwnJobs = true } else { wake() } }
        return taken
    }

    /// Ends the loop after the jobs already submitted, and waits for the thread, unless called on it.
    package func stop() {
        submit { [weak self] in self?.isDone = true }
        guard !isCurrent,
            let thread = thread.withLock({ taken in
                defer { taken = nil }
                return taken
            })
        else { return }
        pthread_join(thread, nil)
    }
}

// On the reactor's thread
extension Reactor {
    /// Watches a descriptor until `unregister`; keeps the source alive until then.
    package func register(
        _ descriptor: CInt, for readiness: Readiness, _ source: any ReactorSource
    ) throws(SystemCallError) -> Token {
        checkThread()
        let index: Int
        if let reused = free.popLast() {
            index = reused
        } else {
            index = slots.count
            slots.append(Slot())
        }
        let token = Self.token(index, slots[index].generation)
        do { try epoll.add(descriptor, readiness, token: token.rawValue) } catch {
            free.append(index)
            throw error
        }
        slots[index].source = source
        slots[index].descriptor = descriptor
        slots[index].interest = readiness
        return token
    }

    /// Changes what is waited for; no system call when that is nothing new.
    package func update(_ token: Token, for readiness: Readiness) throws(SystemCallError) {
        checkThread()
        guard let index = index(of: token), slots[index].interest != readiness else { return }
        try epoll.modify(slots[index].descriptor, readiness, token: token.rawValue)
        slots[index].interest = readiness
    }

    /// Forgets a descriptor; call it before closing the descriptor.
    package func unregister(_ token: Token) {
        checkThread()
        guard let index = index(of: token) else { return }
        epoll.remove(slots[index].descriptor)
        slots[index].source = nil
        slots[index].descriptor = -1
        slots[index].generation &+= 1
        free.append(index)
    }

    package func schedule(afterMilliseconds delay: Int64, _ action: @escaping () -> Void) -> TimerToken {
        checkThread()
        return TimerToken(rawValue: timers.add(due: now + max(1, delay), action))
    }

    package func cancel(_ timer: TimerToken) {
        checkThread()
        timers.cancel(timer.rawValue)
    }
}

// The loop
extension Reactor {
    private func run() {
        owner.store(UInt(pthread_self()), ordering: .relaxed)
        while !isDone { runOnce() }
        inbox.withLock { $0.isStopped = true }
        runJobs()
        slots.removeAll()
        timers = TimerQueue()
        owner.store(0, ordering: .relaxed)
    }

    private func runOnce() {
        let count: Int
        do { count = try epoll.wait(milliseconds: timeout()) } catch {
            preconditionFailure("the reactor's own epoll descriptor failed: \(error)")
        }
        now = MonotonicClock.now()
        for position in 0..<count {
            let (token, readiness) = epoll.event(at: position)
            if token == Self.wakeUpToken {
                drainWakeUp()
                runJobs()
            } else if let index = index(of: Token(rawValue: token)), let source = slots[index].source {
                source.ready(readiness)
            }
        }
        while let action = timers.popDue(at: now) { action() }
        if hasOwnJobs { runJobs() }
    }

    private func timeout() -> CInt {
        if hasOwnJobs { return 0 }
        guard let due = timers.nextDue else { return -1 }
        return CInt(clamping: max(0, due - MonotonicClock.now()))
    }

    private func runJobs() {
        hasOwnJobs = false
        inbox.withLock { swap(&$0.jobs, &running) }
        for job in running { job() }
        running.removeAll(keepingCapacity: true)
    }

    private func wake() {
        var one: UInt64 = 1
        _ = write(wakeUp.rawValue, &one, 8)
    }

    private func drainWakeUp() {
        var value: UInt64 = 0
        _ = read(wakeUp.rawValue, &value, 8)
    }

    private func checkThread() {
        precondition(isCurrent, "a reactor's descriptors and timers belong to its own thread")
    }

    private static func token(_ index: Int, _ generation: UInt32) -> Token {
        Token(rawValue: UInt64(generation) << 32 | UInt64(index))
    }

    private func index(of token: Token) -> Int? {
        let index = Int(token.rawValue & 0xFFFF_FFFF)
        guard index < slots.count, slots[index].generation == UInt32(token.rawValue >> 32) else { return nil }
        return index
    }
}
