// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// SIGTERM and SIGINT, turned into one awaited event.
///
/// They are blocked in every thread (call `block` before the first thread starts) and taken by `sigwait(3)` on a
/// thread of their own, so no code ever runs inside a signal handler.
enum TerminationSignals {
    static func block() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Returns when the first of them arrives.
    static func first() async -> CInt {
        await withCheckedContinuation { continuation in
            let waiter = Waiter(continuation)
            var thread = pthread_t()
            let failure = unsafe pthread_create(
                &thread, nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    unsafe Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().wait()
                    return nil
                }, Unmanaged.passRetained(waiter).toOpaque())
            precondition(failure == 0, "no thread to wait for signals on")
            pthread_detach(thread)
        }
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        return signals
    }

    private final class Waiter: Sendable {
        let continuation: CheckedContinuation<CInt, Never>

        init(_ continuation: CheckedContinuation<CInt, Never>) { self.continuation = continuation }

        func wait() {
            var signals = set
            var signal: CInt = 0
            unsafe sigwait(&signals, &signal)
            continuation.resume(returning: signal)
        }
    }
}
