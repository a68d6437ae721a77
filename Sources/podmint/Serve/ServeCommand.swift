// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// `podmint serve`: the flags, each of which an environment variable can set too.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the webhook, the signer and the controllers.",
        discussion: """
            In a cluster it needs no flags. Beside any API server:

            podmint serve --kubeconfig K --listen 127.0.0.1:8443 --advertise https://127.0.0.1:8443
            podmint manifests --advertise https://127.0.0.1:8443 | kubectl apply --server-side -f -

            Each flag may be given as an environment variable instead: --agent-listen is PODMINT_AGENT_LISTEN. \
            A flag wins.
            """)

    @Option(help: "Where the API server connects: address:port (default: 0.0.0.0:8443).")
    var listen: String?

    @Option(help: "Where agents connect (default: 0.0.0.0:8444).")
    var agentListen: String?

    @Option(help: "Where probes and metrics are served, as plain HTTP (default: 0.0.0.0:9090).")
    var healthListen: String?

    @Option(help: "A kubeconfig file; without it the pod's own service account.")
    var kubeconfig: String?

    @Option(help: "The kubeconfig's context (default: its current one).")
    var context: String?

    @Option(help: "podmint's own namespace (default: podmint-system).")
    var namespace: String?

    @Option(
        help:
            "https URL at which the API server reaches this server (default: https://podmint.<namespace>.svc)."
    )
    var advertise: String?

    @Option(help: "https URL at which agents reach it (default: the advertised host, the agents' port).")
    var agentAdvertise: String?

    @Option(help: "A serving certificate of your own (PEM, leaf first), read again when it changes.")
    var certFile: String?

    @Option(help: "Its key.")
    var keyFile: String?

    @Option(
        name: .customLong("client-ca"),
        help:
            "CAs (PEM) of whose client certificates the API server must show one on --listen (default: none is asked for)."
    )
    var clientCA: String?

    @Option(help: "The agent's image, as injected into pods.")
    var agentImage: String?

    @Option(
        help:
            "More init containers that make the network, separated by commas; the agent comes after them, as after those of the meshes podmint knows."
    )
    var meshContainers: String?

    @Option(help: "The cluster's DNS domain (default: cluster.local).")
    var clusterDomain: String?

    @Option(help: "The trust domain in spiffe:// names (default: the cluster's DNS domain).")
    var trustDomain: String?

    @Option(
        help:
            "A file with the key that authorities with keyStorage Wrapped are kept under: 32 bytes, or as hex or Base64."
    )
    var kekFile: String?

    @Option(help: "The name of an environment variable that holds it, as hex or Base64.")
    var kekEnv: String?

    @Option(help: "A command that prints it: a program and its arguments, separated by blanks; no shell.")
    var kekCommand: String?

    @Option(help: "A file for the audit log, appended to (default: standard output).")
    var auditFile: String?

    @Option(
        help:
            "How long to keep serving after SIGTERM, until endpoints have forgotten this server (default: 10s)."
    )
    var shutdownDelay: String?

    @Option(help: "json or text (default: text on a terminal, else json).")
    var logFormat: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
    var logLevel: String?

    func serve() async throws {
        let configuration: ServeConfiguration
        do throws(ConfigurationError) {
            configuration = try ServeConfiguration(settings: settings)
        } catch {
            throw ToolFailure.usedWrongly(error.what, hint: error.hint)
        }
        try await PodmintServer(configuration: configuration).run()
    }

    private var settings: Settings {
        Settings(
            flags: [
                "listen": listen, "agent-listen": agentListen, "health-listen": healthListen,
                "kubeconfig": kubeconfig, "context": context, "namespace": namespace, "advertise": advertise,
                "agent-advertise": agentAdvertise, "cert-file": certFile, "key-file": keyFile,
                "client-ca": clientCA,
                "agent-image": agentImage, "mesh-containers": meshContainers, "cluster-domain": clusterDomain,
                "trust-domain": trustDomain,
                "kek-file": kekFile, "kek-env": kekEnv, "kek-command": kekCommand, "audit-file": auditFile,
                "shutdown-delay": shutdownDelay, "log-format": logFormat,
                "log-level": logLevel,
            ].compactMapValues { $0 },
            environment: ProcessEnvironment.current)
    }
}
