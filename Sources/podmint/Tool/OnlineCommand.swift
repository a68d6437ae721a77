// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HTTPTransport
internal import KubernetesClient
internal import SigningProtocol

/// A command that asks the cluster, with the rights of whoever runs it.
protocol OnlineCommand: ParsableCommand, Sendable {
    func runOnline() async throws
}

/// Which cluster, and where podmint lives in it.
struct ClusterOptions: ParsableArguments {
    @Option(help: "A kubeconfig file (default: as kubectl finds it).")
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context (default: its current one).")
    var context: String?

    @Option(help: "podmint's own namespace.")
    var namespace = InstallOptions().namespace

    /// What a command speaks to the API server with.
    func client(_ reactors: ReactorGroup) throws(ToolFailure) -> APIClient {
        let environment = ProcessEnvironment.current
        do throws(ClusterAccessError) {
            let access = try ClusterAccess.discover(
                kubeconfig: kubeconfig, context: context, environment: { environment[$0] })
            return try APIClient(access, reactors: reactors, userAgent: "podmint/\(Version.current)")
        } catch {
            throw .failed(error.what, hint: error.hint)
        }
    }
}
