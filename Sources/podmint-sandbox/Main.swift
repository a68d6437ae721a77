// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import OpenSSL
internal import Sockets

@main
struct Main {
    /// Not `async`: its first thread would sleep in sigsuspend(2) with nothing blocked, and die of the first SIGTERM.
    static func main() {
        do {
            var command = try SandboxCommand.parseAsRoot()
            guard let serve = command as? ServeCommand else {
                try command.run()
                return
            }
            TerminationSignals.block()
            Task.detached {
                do {
                    try await serve.serve()
                    exit(0)
                } catch { exit(tell(error)) }
            }
            while true { pause() }
        } catch {
            exit(tell(error))
        }
    }

    /// Help and version go out as they are; wrong usage is 2, everything else 1.
    private static func tell(_ error: any Error) -> Int32 {
        let code = SandboxCommand.exitCode(for: error)
        if code == .success {
            print(SandboxCommand.fullMessage(for: error))
            return 0
        }
        let isUsage = code == .validationFailure
        let message = SandboxCommand.message(for: error)
        StandardError.write("error: \(message.isEmpty ? String(describing: error) : message)")
        StandardError.write("hint: podmint-sandbox serve --help")
        return isUsage ? 2 : 1
    }
}

/// `podmint-sandbox`: a Kubernetes API in one process.
struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "podmint-sandbox",
        abstract: "A Kubernetes API in one process, for trying podmint and for its tests.",
        discussion: """
            It keeps everything in memory, speaks real TLS to kubectl and podmint, calls registered webhooks as an API server \
            does, and can play the kubelet. It is never installed in a cluster.
            """,
        version: "podmint-sandbox \(Discovery.version.text("gitVersion") ?? "") (\(OpenSSLVersion.text))",
        subcommands: [ServeCommand.self], defaultSubcommand: ServeCommand.self)
}
