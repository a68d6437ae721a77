// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What SIGTERM and SIGINT do: end the process at once, but not in the middle of a publication.
///
/// A first process of a container ignores signals that it has no handler for. Nothing needs unwinding: what the
/// volume holds is whole at every moment.
enum Termination {
    static func install(exiting status: Exit) {
        switch status {
        case .done: handle { _ in _exit(Exit.done.rawValue) }
        default: handle { _ in _exit(Exit.failed.rawValue) }
        }
    }

    static func deferred<Result>(_ body: () throws -> Result) rethrows -> Result {
        var signals = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGTERM)
        unsafe sigaddset(&signals, SIGINT)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    private static func handle(_ handler: @escaping @convention(c) (CInt) -> Void) {
        signal(SIGTERM, handler)
        signal(SIGINT, handler)
    }
}

/// Exit codes of the agent.
enum Exit: CInt {
    case done = 0
    case failed = 1
    case usedWrongly = 2
}
