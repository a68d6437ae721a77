// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTPTransport
import OpenSSL
import Sockets
import Testing

@testable import podmint_sandbox

/// The whole server over loopback, with kubectl as the foreign peer.
@Suite(
    .serialized,
    .enabled(if: access("/usr/bin/kubectl", X_OK) == 0 || access("/usr/local/bin/kubectl", X_OK) == 0))
struct KubectlTests {
    /// A served cluster; ends when the test does.
    struct Served {
        let cluster: Cluster
        let folder: String
        let server: HTTPServer
        let reactors: ReactorGroup
        let controllers: Task<Void, Never>

        init() throws {
            let serving = try ServingIdentity(host: "127.0.0.1", now: Int64(time(nil)))
            reactors = try ReactorGroup(count: 1)
            let cluster = Cluster(
                authority: serving.authority.pem,
                dispatcher: HTTPWebhookCaller(reactors: reactors, services: .empty))
            Bootstrap(cluster: cluster).run()
            self.cluster = cluster
            server = try HTTPServer(
                reactors: reactors, listen: [SocketAddress(ip: [127, 0, 0, 1], port: 0)],
                security: .tls(try TLSContext.server(identity: serving.identity, alpn: [.http2, .http1])),
                limits: APILimits.limits, handler: APIHandler(cluster: cluster, podLogs: NoPodLogs()))
            folder = "/tmp/podmint-sandbox-kubectl-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            _ = try Folder.made(folder)
            let config = Kubeconfig(
                server: "https://127.0.0.1:\(server.boundPort)", authority: serving.authority.pem,
                user: "admin",
                token: cluster.tokens.issueAdmin())
            try Folder.write(config.text, to: "\(folder)/kubeconfig", mode: 0o600)
            let loop = ControllerLoop(cluster: cluster)
            controllers = Task { try? await loop.run() }
        }

        /// kubectl's exit code and everything it wrote.
        func kubectl(_ arguments: String...) async throws -> (code: ChildProcess.Ending, text: String) {
            let output = "\(folder)/output"
            unlink(output)
            let process = try ChildProcess(
                .init(
                    arguments: ["/usr/bin/env", "timeout", "30", "kubectl"] + arguments,
                    environment: [
                        "KUBECONFIG": "\(folder)/kubeconfig", "HOME": folder,
                        "PATH": "/usr/local/bin:/usr/bin:/bin",
                    ], output: output))
            while true {
                if let ending = process.poll() {
                    return (ending, String(decoding: Folder.read(output) ?? [], as: UTF8.self))
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        func apply(_ manifest: String, _ more: String...) async throws -> (
            code: ChildProcess.Ending, text: String
        ) {
            try Folder.write(manifest, to: "\(folder)/manifest.yaml", mode: 0o600)
            return try await more.isEmpty
                ? kubectl("apply", "-f", "\(folder)/manifest.yaml")
                : kubectl("apply", more[0], "-f", "\(folder)/manifest.yaml")
        }

        func end() async {
            controllers.cancel()
            await server.shutdown(grace: .zero, drain: .seconds(1))
            reactors.stop()
            Folder.remove(folder)
        }
    }

    private let deployment = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: shop}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: app, image: "pause:3"}]}
        """

    @Test(arguments: ["", "--server-side"]) func `applies, lists, scales and deletes`(how: String)
        async throws
    {
        let served = try Served()
        let applied = try await how.isEmpty ? served.apply(deployment) : served.apply(deployment, how)
        #expect(applied.code == .exited(0), "\(applied.text)")
        let again = try await how.isEmpty ? served.apply(deployment) : served.apply(deployment, how)
        #expect(
            again.text.contains(
                how.isEmpty ? "deployment.apps/web unchanged" : "deployment.apps/web serverside-applied"))
        let waited = try await served.kubectl(
            "wait", "-n", "shop", "deployment/web", "--for=jsonpath={.status.replicas}=2", "--timeout=20s")
        #expect(waited.code == .exited(0), "\(waited.text)")
        let table = try await served.kubectl("get", "pods", "-n", "shop")
        #expect(table.text.split(separator: "\n").count == 3)
        #expect(table.text.contains("0/1     Pending"))
        let deleted = try await served.kubectl("delete", "namespace", "shop", "--timeout=20s")
        #expect(deleted.code == .exited(0), "\(deleted.text)")
        #expect(served.cluster.store.list(.pods).isEmpty)
        await served.end()
    }

    @Test func `a refusal is printed with its reason, and rights are enforced`() async throws {
        let served = try Served()
        let refused = try await served.apply(
            "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {name: s}\ndata: {tls.crt: YQ==}\n"
        )
        #expect(refused.text == "The Secret \"s\" is invalid: data[tls.key]: Required value\n")
        let forbidden = try await served.kubectl("get", "pods", "--as=bob")
        #expect(
            forbidden.text
                == "Error from server (Forbidden): pods is forbidden: User \"bob\" cannot list resource \"pods\" in API "
                + "group \"\" in the namespace \"default\"\n")
        await served.end()
    }
}
