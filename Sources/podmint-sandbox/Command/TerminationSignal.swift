// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// SIGTERM or SIGINT as something to await: blocked everywhere, taken by a thread in `sigwait(3)`.
enum TerminationSignal {
    /// Before the first thread starts, so that all of them inherit it.
    static func block() {
        var signals = set
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    static func first() async -> CInt {
        await withCheckedContinuation { continuation in
            let box = unsafe Unmanaged.passRetained(Box(continuation)).toOpaque()
            var thread = pthread_t()
            let failure = unsafe pthread_create(
                &thread, nil,
                { context in
                    guard let context = unsafe context else { return nil }
                    unsafe Unmanaged<Box>.fromOpaque(context).takeRetainedValue().wait()
                    return nil
                }, box)
            precondition(failure == 0, "no thread to wait for signals on")
        }
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        return signals
    }

    private final class Box: Sendable {
        private let continuation: CheckedContinuation<CInt, Never>

        init(_ continuation: CheckedContinuation<CInt, Never>) { self.continuation = continuation }

        func wait() {
            var signals = set
            var signal: CInt = 0
            unsafe sigwait(&signals, &signal)
            continuation.resume(returning: signal)
        }
    }
}
