// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// `podmint-sandbox serve`: flags in, a running sandbox out.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a Kubernetes API from memory until SIGTERM.",
        discussion: """
            podmint-sandbox serve --kubeconfig-out kubeconfig &
            export KUBECONFIG=$PWD/kubeconfig
            kubectl get namespaces

            Webhooks are called over HTTPS as an API server calls them; one that names a Service is reached by --service. With \
            --run-pods the sandbox plays the kubelet: volumes become folders in --pods-dir, the container named podmint-agent runs \
            as a process of --agent, other containers are only reported running.

            Faults (admin only): kubectl create --raw /sandbox/faults -f - <<< '{"faults": [{"path": "/api/v1/pods", \
            "status": 429, "retryAfterSeconds": 1, "count": 3}]}'; also "delayMilliseconds", "method", "clockSkewSeconds", \
            "dropWatches". DELETE clears them; POST /sandbox/compact makes old watches answer 410. \
            GET /sandbox/access says who asked for which right and whether RBAC gave it; DELETE forgets.
            """)

    @Option(help: ArgumentHelp("Where to listen; port 0 lets the kernel choose.", valueName: "ADDRESS:PORT"))
    var listen = "127.0.0.1:0"

    @Option(help: ArgumentHelp("Write the admin's kubeconfig here when ready.", valueName: "FILE"))
    var kubeconfigOut: String?

    @Option(
        help: ArgumentHelp(
            "Also write a kubeconfig of this service account, with the rights RBAC gives it. May be repeated.",
            valueName: "NS/NAME=FILE"))
    var serviceAccountKubeconfig: [String] = []

    @Option(
        help: ArgumentHelp(
            "Reach a webhook's Service at this address. May be repeated.", valueName: "NS/NAME:PORT=HOST:PORT"
        ))
    var service: [String] = []

    @Flag(help: "Play scheduler and kubelet; without it pods stay Pending, as on a cluster without nodes.")
    var runPods = false

    @Option(help: ArgumentHelp("Where pods' volumes are laid out.", valueName: "DIR"))
    var podsDir = "sandbox-pods"

    @Option(
        help: ArgumentHelp(
            "The podmint-agent binary to run in pods that have that container.", valueName: "FILE"))
    var agent: String?

    @Flag(help: "Tell on standard error what pods and webhooks do.")
    var verbose = false

    func serve() async throws {
        var accounts: [ServiceAccountFile] = []
        for text in serviceAccountKubeconfig {
            guard let file = ServiceAccountFile(text) else {
                throw ValidationError("--service-account-kubeconfig \(text): wanted NAMESPACE/NAME=FILE")
            }
            accounts.append(file)
        }
        let services: ServiceMap
        do {
            services = try ServiceMap(service)
        } catch {
            throw ValidationError("--service: \(error)")
        }
        guard let address = HostAndPort(authority: listen) else {
            throw ValidationError("--listen \(listen): wanted ADDRESS:PORT, such as 127.0.0.1:0")
        }
        let settings = SandboxSettings(
            host: address.host, listen: listen, kubeconfig: kubeconfigOut, accounts: accounts,
            services: services,
            podsFolder: runPods ? podsDir : nil, agent: agent, isVerbose: verbose)
        try await Sandbox(settings).run()
    }
}

/// What the command line asked for.
struct SandboxSettings: Sendable {
    var host: String
    var listen: String
    var kubeconfig: String?
    var accounts: [ServiceAccountFile]
    var services: ServiceMap
    /// nil: no kubelet.
    var podsFolder: String?
    var agent: String?
    var isVerbose: Bool
}

/// `NS/NAME=FILE`.
struct ServiceAccountFile: Sendable {
    let namespace: String
    let name: String
    let file: String

    init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), let slash = text[..<equals].firstIndex(of: "/") else {
            return nil
        }
        namespace = String(text[..<slash])
        name = String(text[text.index(after: slash)..<equals])
        file = String(text[text.index(after: equals)...])
        guard !namespace.isEmpty, !name.isEmpty, !file.isEmpty else { return nil }
    }
}
