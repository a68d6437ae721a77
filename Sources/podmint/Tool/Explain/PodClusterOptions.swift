// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HTTPTransport
internal import KubernetesClient
internal import SigningProtocol

/// Which cluster, and which of its namespaces, as kubectl is told.
struct PodClusterOptions: ParsableArguments {
    @Option(help: "A kubeconfig file (default: as kubectl, KUBECONFIG or ~/.kube/config).")
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context (default: its current one).")
    var context: String?

    @Option(name: .shortAndLong, help: "The namespace (default: the context's).")
    var namespace: String?

    /// The client, and the namespace to work in.
    func connect() throws(ToolFailure) -> (client: APIClient, namespace: String) {
        let environment = ProcessEnvironment.current
        let reactors: ReactorGroup
        do { reactors = try ReactorGroup(count: 1) } catch {
            throw .failed("cannot open connections: \(error)", hint: "are there too many open files?")
        }
        do throws(ClusterAccessError) {
            let access = try ClusterAccess.discover(
                kubeconfig: kubeconfig, context: context, environment: { environment[$0] })
            let client = try APIClient(access, reactors: reactors, userAgent: "podmint/\(Version.current)")
            return (client, namespace ?? access.namespace)
        } catch { throw .failed(error.what, hint: error.hint) }
    }
}

extension ToolFailure {
    /// What the API server said to a question of ours.
    static func cluster(_ error: KubernetesError, _ what: String) -> ToolFailure {
        let hint =
            error.isForbidden
            ? "your account lacks the right; try: kubectl auth can-i --list"
            : error.isNotFound
                ? "see what is there: kubectl get pods" : "does kubectl work with the same kubeconfig?"
        return .failed("\(what): \(error)", hint: hint)
    }
}
