// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import JSON

/// The container `podmint-agent` as a process: its arguments and environment with folders for mount paths, run as
/// the user its security context names.
struct AgentProcess: Sendable {
    struct Settings: Sendable {
        let binary: String
    }

    private let process: ChildProcess
    private let command: ChildProcess.Command
    private let container: JSONValue
    private let settings: Settings
    private let paths: ContainerPaths
    let startedAt: String

    /// The image's own user, where the pod names none.
    private static let imageUser = 65_532

    init(
        _ settings: Settings, _ container: JSONValue, _ pod: JSONValue, environment: [String: String],
        paths: ContainerPaths, folder: Folder
    ) throws(Folder.Failure) {
        let given = container.list("args").compactMap(\.string)
        let entry = container.list("command").compactMap(\.string).dropFirst()
        let user =
            container.number("securityContext", "runAsUser")
            ?? pod.number("spec", "securityContext", "runAsUser")
        let group =
            container.number("securityContext", "runAsGroup")
            ?? pod.number("spec", "securityContext", "runAsGroup")
        var supplementary = pod.list("spec", "securityContext", "supplementalGroups").compactMap(\.integer)
            .map { Int($0) }
        if let fsGroup = pod.number("spec", "securityContext", "fsGroup") {
            supplementary.append(Int(fsGroup))
        }
        command = ChildProcess.Command(
            arguments: [settings.binary]
                + (entry + given).map { paths.map(ContainerEnvironment.expand($0, environment)) },
            environment: environment, user: user.map { Int($0) } ?? Self.imageUser,
            group: group.map { Int($0) } ?? 0,
            supplementary: supplementary, output: Self.logFile(folder))
        process = try ChildProcess(command)
        self.container = container
        self.settings = settings
        self.paths = paths
        startedAt = Surroundings.real.now
    }

    static func logFile(_ folder: Folder) -> String { "\(folder.path)/\(PodRunner.agentName).log" }

    /// The exec probe, run; a container without that probe is taken to have passed.
    func probe(_ name: String) async -> Bool {
        guard let probe = container.find(name) else { return true }
        let words = probe.list("exec", "command").compactMap(\.string)
        guard !words.isEmpty else { return true }
        var command = command
        command.arguments = [settings.binary] + words.dropFirst().map(paths.map)
        command.output = "/dev/null"
        guard let run = try? ChildProcess(command) else { return false }
        // A hung probe fails after its timeout (1 s by default), as with the kubelet.
        var left = (probe.number("timeoutSeconds") ?? 1) * 1000 + 500
        while left > 0 {
            if let ending = run.poll() { return ending == .exited(0) }
            try? await Task.sleep(for: .milliseconds(10))
            left -= 10
        }
        _ = await run.stop(grace: .zero)
        return false
    }

    func poll(now: String) -> PodStatus.State? {
        process.poll().map { .terminated(code: $0.exitCode, since: startedAt, until: now) }
    }

    func stop(grace: Duration) async -> ChildProcess.Ending { await process.stop(grace: grace) }
}
