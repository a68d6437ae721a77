// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import HTTPTransport
internal import OpenSSL
internal import Sockets

/// The whole program, wired: store, server, controllers, kubelet; runs until a signal.
struct Sandbox: Sendable {
    private let settings: SandboxSettings

    /// Why it cannot start.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ settings: SandboxSettings) { self.settings = settings }

    func run() async throws {
        SignalMask.ignoreBrokenPipes()
        guard let address = SocketAddress(parsing: settings.listen) else {
            throw Failure(
                description: "--listen \(settings.listen) is no address and port; hint: 127.0.0.1:0")
        }
        let serving = try ServingIdentity(host: settings.host, now: Int64(time(nil)))
        let reactors = try ReactorGroup(count: 2)
        let log =
            settings.isVerbose ? EventLog(write: { StandardError.write($0) }) : EventLog(write: { _ in })
        let cluster = Cluster(
            authority: serving.authority.pem, hasKubelet: settings.podsFolder != nil,
            dispatcher: HTTPWebhookCaller(reactors: reactors, services: settings.services), log: log)
        let kubelet: Kubelet? = try settings.podsFolder.map { path in
            let agent = settings.agent.map { Folder.absolute($0) }
            return Kubelet(cluster: cluster, folder: try Folder.made(path), agent: agent)
        }
        Bootstrap(cluster: cluster).run()
        let handler = APIHandler(cluster: cluster, podLogs: kubelet?.logs ?? NoPodLogs())
        let server = try HTTPServer(
            reactors: reactors, listen: [address],
            security: .tls(try TLSContext.server(identity: serving.identity, alpn: [.http2, .http1])),
            limits: APILimits.limits, handler: handler)
        let url = "https://\(SocketAddress(ip: address.ip, port: UInt16(server.boundPort)))"
        try writeKubeconfigs(cluster, url, serving.authority.pem)
        StandardError.write("podmint-sandbox serves \(url)")
        await withTaskGroup(of: Void.self) { group in
            let controllers = ControllerLoop(cluster: cluster)
            group.addTask { try? await controllers.run() }
            if let kubelet { group.addTask { await kubelet.run() } }
            await withCheckedContinuation { ended in TerminationSignals.onFirst { _ in ended.resume() } }
            group.cancelAll()
        }
        await kubelet?.stop()
        await server.shutdown(grace: .zero, drain: .seconds(1))
        reactors.stop()
    }

    private func writeKubeconfigs(_ cluster: Cluster, _ url: String, _ authority: String) throws {
        for account in settings.accounts {
            let config = Kubeconfig(
                server: url, authority: authority, user: account.name, token: token(of: account, cluster),
                namespace: account.namespace)
            try Folder.write(config.text, to: account.file, mode: 0o600)
        }
        // Last, because whoever waits for it may use the others at once.
        guard let file = settings.kubeconfig else { return }
        let admin = Kubeconfig(
            server: url, authority: authority, user: "kubernetes-admin", token: cluster.tokens.issueAdmin())
        try Folder.write(admin.text, to: file, mode: 0o600)
    }

    /// The account (and its namespace) is made now, so that RBAC applied later finds the same one.
    private func token(of account: ServiceAccountFile, _ cluster: Cluster) -> String {
        if cluster.store.object(.namespaces, "", account.namespace) == nil {
            Bootstrap(cluster: cluster).namespace(account.namespace)
        }
        Bootstrap(cluster: cluster).account(account.name, in: account.namespace)
        guard let object = cluster.store.object(.serviceAccounts, account.namespace, account.name) else {
            return ""
        }
        return cluster.tokens.issue(
            TokenRequests.claims(
                object, [TokenTable.defaultAudience], issued: cluster.now,
                expires: cluster.now + 365 * 86_400,
                credential: cluster.surroundings.uuid()))
    }
}
