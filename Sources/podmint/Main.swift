// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

@main
struct Main {
    /// Not `async`: its first thread would sleep in sigsuspend(2) with nothing blocked, and die of the first SIGTERM.
    static func main() {
        do {
            var command = try PodmintCommand.parseAsRoot()
            if let online = command as? any OnlineCommand {
                run { try await online.runOnline() }
            }
            guard let serve = command as? ServeCommand else {
                try command.run()
                return
            }
            TerminationSignals.block()
            run { try await serve.serve() }
        } catch {
            exit(Ending(error).tell())
        }
    }

    /// On other threads than this one, which only waits.
    private static func run(_ work: @escaping @Sendable () async throws -> Void) -> Never {
        Task.detached {
            do {
                try await work()
                exit(0)
            } catch { exit(Ending(error).tell()) }
        }
        while true { pause() }
    }
}

/// `podmint`: the server and the tool.
struct PodmintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "podmint",
        abstract: "A TLS certificate for every pod that asks for one.",
        discussion: """
            Two marks, and nothing else to write:

            namespace label            podmint.dev/injection: enabled
            pod template annotation    podmint.dev/inject: "true"

            Exit codes: 0 done, 1 failed, 2 used wrongly, 3 checked and found faulty.
            """,
        version: "podmint \(Version.current) (\(OpenSSLVersion.text))",
        subcommands: [
            ServeCommand.self, CheckCommand.self, InspectCommand.self, InjectCommand.self,
            ExplainCommand.self, StatusCommand.self, DoctorCommand.self, ManifestsCommand.self,
        ])
}

/// What a command's error becomes: text on the right stream, and the exit code of its kind.
private struct Ending {
    let text: String
    let exitCode: Int32

    init(_ error: any Error) {
        if let failure = error as? ToolFailure {
            text = failure.text
            exitCode = failure.exitCode
            return
        }
        // The library's own code for wrong usage is 64 (EX_USAGE); ours is 2.
        let code = PodmintCommand.exitCode(for: error)
        guard code == .validationFailure else {
            text = PodmintCommand.fullMessage(for: error)
            exitCode = code.rawValue
            return
        }
        text =
            "error: \(PodmintCommand.message(for: error))\nhint: the same command with --help says what it takes"
        exitCode = 2
    }

    func tell() -> Int32 {
        guard !text.isEmpty else { return exitCode }
        var bytes = Array(text.utf8)
        if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
        let stream = exitCode == 0 ? STDOUT_FILENO : STDERR_FILENO
        unsafe bytes.withUnsafeBytes { _ = unsafe write(stream, $0.baseAddress, $0.count) }
        return exitCode
    }
}
