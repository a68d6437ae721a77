// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL

/// A program that did not print what it was run for.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
}

/// Runs a program and takes what it prints into memory that is wiped. No shell; its standard error is ours.
enum CommandOutput {
    /// Refuses more than `limit` bytes, an exit code other than 0, and what takes longer.
    static func secret(
        of words: [String], limit: Int, seconds: Int
    ) throws(CommandFailure) -> SecretBytes {
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw failure("pipe", errno) }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(reading) }
        let child: pid_t
        do throws(CommandFailure) { child = try start(words, output: writing) } catch {
            close(writing)
            throw error
        }
        close(writing)
        let output = try capture(
            reading, limit: limit, until: ContinuousClock.now + .seconds(seconds), killing: child)
        var status: CInt = 0
        guard unsafe waitpid(child, &status, 0) == child else { throw failure("waitpid", errno) }
        guard status == 0 else {
            let how =
                status & 0x7f == 0
                ? "exited with \(status >> 8 & 0xff)" : "was killed by signal \(status & 0x7f)"
            throw CommandFailure(description: "\(words[0]) \(how)")
        }
        return output
    }

    /// What takes too long or says too much is ended.
    private static func capture(
        _ descriptor: CInt, limit: Int, until deadline: ContinuousClock.Instant, killing child: pid_t
    ) throws(CommandFailure) -> SecretBytes {
        do throws(CommandFailure) {
            let output = try unsafe SecretBytes(capacity: limit + 1) { room throws(CommandFailure) in
                try unsafe fill(room, from: descriptor, until: deadline)
            }
            guard output.count <= limit else {
                throw CommandFailure(description: "it printed more than \(limit) bytes")
            }
            return output
        } catch {
            kill(child, SIGKILL)
            _ = waitpid(child, nil, 0)
            throw error
        }
    }

    private static func fill(
        _ room: UnsafeMutableRawBufferPointer, from descriptor: CInt, until deadline: ContinuousClock.Instant
    ) throws(CommandFailure) -> Int {
        var filled = 0
        while filled < room.count {
            let left = max(0, (deadline - .now).components.seconds * 1000 + 1)
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = unsafe Glibc.poll(&poll, 1, CInt(clamping: ContinuousClock.now < deadline ? left : 0))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw CommandFailure(description: "it took too long") }
            let count = unsafe read(
                descriptor, room.baseAddress.map { unsafe $0 + filled }, room.count - filled)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", errno) }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    private static func start(_ words: [String], output: CInt) throws(CommandFailure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // This process blocks SIGTERM and ignores SIGPIPE; a child must start with neither.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.indices.forEach { unsafe free(arguments[$0]) } }
        var child: pid_t = 0
        let code = unsafe posix_spawn(&child, words[0], &actions, &attributes, &arguments, environ)
        guard code == 0 else { throw failure(words[0], code) }
        return child
    }

    private static func failure(_ what: String, _ code: CInt) -> CommandFailure {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return CommandFailure(description: "\(what): \(reason)")
    }
}
