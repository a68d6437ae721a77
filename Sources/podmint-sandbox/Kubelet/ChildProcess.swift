// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A process of its own group, with its output in a file. Whoever starts one waits for it.
struct ChildProcess: Sendable {
    let id: pid_t

    enum Ending: Sendable, Equatable {
        case exited(Int)
        case killed(signal: Int)

        /// As a container status says it: 128 and the signal.
        var exitCode: Int64 {
            switch self {
            case .exited(let code): Int64(code)
            case .killed(let signal): Int64(128 + signal)
            }
        }
    }

    /// What to run and as whom. Switching users is left to setpriv(1): between fork and exec a Swift process may do
    /// next to nothing.
    struct Command: Sendable {
        var arguments: [String]
        var environment: [String: String]
        var user: Int?
        var group: Int?
        var supplementary: [Int] = []
        var output: String

        var whole: [String] {
            guard geteuid() == 0, let user else { return arguments }
            let groups = supplementary.map(String.init).joined(separator: ",")
            return [
                "/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(group ?? 0)",
                groups.isEmpty ? "--clear-groups" : "--groups=\(groups)", "--no-new-privs", "--",
            ] + arguments
        }
    }

    init(_ command: Command) throws(Folder.Failure) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, 1, command.output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // The sandbox blocks SIGTERM and ignores SIGPIPE; a child must start with neither.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let arguments = command.whole
        var arguments0 = unsafe arguments.map { unsafe strdup($0) } + [nil]
        var environment0 =
            unsafe command.environment.sorted { $0.key < $1.key }.map {
                unsafe strdup("\($0.key)=\($0.value)")
            } + [nil]
        defer {
            unsafe arguments0.indices.forEach { unsafe free(arguments0[$0]) }
            unsafe environment0.indices.forEach { unsafe free(environment0[$0]) }
        }
        var id: pid_t = 0
        let failure = unsafe posix_spawn(&id, arguments[0], &actions, &attributes, &arguments0, &environment0)
        guard failure == 0 else {
            errno = failure
            throw Folder.Failure("posix_spawn", arguments[0])
        }
        self.id = id
    }

    /// nil while it runs. Once it has said how it ended, it must not be asked again.
    func poll() -> Ending? {
        var status: CInt = 0
        guard unsafe waitpid(id, &status, WNOHANG) == id else { return nil }
        return status & 0x7f == 0 ? .exited(Int(status >> 8 & 0xff)) : .killed(signal: Int(status & 0x7f))
    }

    func signal(_ number: CInt) { kill(-id, number) }

    /// SIGTERM, then after `grace` SIGKILL.
    func stop(grace: Duration) async -> Ending {
        signal(SIGTERM)
        let clock = ContinuousClock()
        let deadline = clock.now + grace
        while true {
            if let ending = poll() { return ending }
            if clock.now > deadline { signal(SIGKILL) }
            // Also when our own task is cancelled: a child is never left behind.
            try? await Task.sleep(for: .milliseconds(20))
            if Task.isCancelled { usleep(5000) }
        }
    }
}
