// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// SIGTERM and SIGINT as one event.
///
/// They are blocked in every thread (call `block` on the first thread, before any other starts: one thread that does
/// not block them is enough for the process to die of one) and taken by sigwait(3) on a thread
/// of their own, so no code ever runs inside a signal handler.
package enum TerminationSignals {
    package static func block() {
        var signals = set
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Calls `action` with the first of them, on that thread, once.
    package static func onFirst(_ action: @escaping @Sendable (CInt) -> Void) {
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Waiter>.fromOpaque(context).takeRetainedValue().wait()
                return nil
            }, Unmanaged.passRetained(Waiter(action)).toOpaque())
        precondition(failure == 0, "no thread to wait for signals on")
        pthread_detach(thread)
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }

    private final class Waiter: Sendable {
        private let action: @Sendable (CInt) -> Void

        init(_ action: @escaping @Sendable (CInt) -> Void) { self.action = action }

        func wait() {
            var signals = set
            var signal: CInt = 0
            sigwait(&signals, &signal)
            action(signal)
        }
    }
}
