// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import OpenSSL

@main
struct Main {
    static func main() async {
        do {
            var command = try SandboxCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
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
