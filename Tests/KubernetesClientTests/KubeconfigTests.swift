// SPDX-License-Identifier: Apache-2.0
import HTTPTransport
import OpenSSL
import Testing

@testable import KubernetesClient

@Suite struct KubeconfigTests {
    private static let authority = Base64.encode(Array("CA".utf8))

    private static func config(
        server: String = "https://10.0.0.1:6443", cluster: String = "", user: String = "token: abc",
        context: String = ""
    ) -> String {
        """
        apiVersion: v1
        kind: Config
        current-context: here
        clusters:
        - name: c
          cluster:
            server: \(server)
            certificate-authority-data: \(authority)
            \(cluster)
        users:
        - name: u
          user: {\(user)}
        contexts:
        - name: here
          context: {cluster: c, user: u\(context)}
        """
    }

    private struct Unexpected: Error {}

    private func access(_ text: String, context: String? = nil) throws -> ClusterAccess {
        try Kubeconfig(Array(text.utf8), path: "/home/x/.kube/config").access(context: context)
    }

    @Test func `reads server, authority, token and namespace`() throws {
        let access = try access(
            Self.config(
                server: "https://[::1]:6443/prefix/", cluster: "tls-server-name: kubernetes",
                context: ", namespace: billing"))
        #expect(access.endpoint.host == "::1" && access.endpoint.port == 6443)
        #expect(
            access.isTLS && access.pathPrefix == "/prefix" && access.serverName == "kubernetes"
                && access.namespace == "billing")
        guard case .bytes(let bytes) = access.authorities else { throw Unexpected() }
        #expect(bytes == Array("CA".utf8))
        #expect(try access.token.current() == "abc")
        #expect(access.identity == nil)
    }

    @Test func `paths start from the kubeconfig's folder`() throws {
        let text = Self.config(
            user: "client-certificate: pki/a.crt, client-key: /etc/a.key, tokenFile: ../token")
        let access = try access(text)
        guard case .file(let certificate)? = access.identity?.certificate,
            case .file(let key)? = access.identity?.key
        else {
            return #expect(Bool(false))
        }
        #expect(certificate == "/home/x/.kube/pki/a.crt" && key == "/etc/a.key")
        #expect(
            throws: KubernetesError.credentials("token: /home/x/.kube/../token: No such file or directory")
        ) {
            try access.token.current()
        }
    }

    @Test func `a key in the kubeconfig is parsed at once`() throws {
        let pem = try PrivateKey.generate(.ecdsaP256).withPEM { Array($0) }
        let data = Base64.encode(Array("CERT".utf8))
        let access = try access(
            Self.config(user: "client-certificate-data: \(data), client-key-data: \(Base64.encode(pem))"))
        guard case .key? = access.identity?.key else { throw Unexpected() }
    }

    @Test(arguments: [
        (
            config(cluster: "insecure-skip-tls-verify: true"), "insecure-skip-tls-verify",
            "certificate-authority-data"
        ),
        (config(cluster: "proxy-url: http://p"), "proxy", "directly"),
        (config(user: "exec: {command: aws}"), "running \"aws\"", "kubectl create token"),
        (config(user: "auth-provider: {name: gcp}"), "auth-provider", "tokenFile"),
        (config(user: "username: a, password: b"), "username", "client certificate"),
        (config(user: "as: admin"), "uses as", "client certificate"),
        (config(user: "client-certificate: a"), "without its key", "client-key"),
        (config(user: "client-key: a"), "without its certificate", "client-certificate"),
        (
            config(user: "client-certificate: a, client-key-data: '!'"), "client-key-data is not base64",
            "one line"
        ),
        (
            config(user: "client-certificate: a, client-key-data: aGk="), "client-key-data",
            "unencrypted private key"
        ),
        (config(user: "token: 'a b'"), "the token holds blanks", "one line"),
        (config(user: "token: 5"), "token is not a text", "quotes"),
        (config(server: "10.0.0.1:6443"), "is no server's URL", "https://"),
        (config(server: "http://10.0.0.1:6443"), "is not encrypted", "https://"),
        (config(server: "http://127.0.0.1:8001"), "is not encrypted", "https://"),
        ("current-context: x", "no context \"x\"", "none"),
        ("{}", "no current-context", "--context"),
        (
            "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]", "names the cluster \"c\"",
            "none"
        ),
        ("clusters: 3", "clusters is not a list", "- name"),
        ("clusters: [{cluster: {}}]", "clusters[0] has no name", "text"),
        ("kind: Pod", "wanted one document of kind Config", "kubectl"),
        ("a: [", "not a kubeconfig", "kubectl config view"),
    ])
    func `refuses what it cannot do, and says what would do`(text: String, what: String, hint: String) {
        let error = #expect(throws: ClusterAccessError.self) { try access(text) }
        #expect(error?.what.contains(what) == true, "\(String(describing: error))")
        #expect(error?.hint.contains(hint) == true, "\(String(describing: error))")
    }

    @Test func `plain HTTP is for kubectl proxy only`() throws {
        let access = try access(Self.config(server: "http://127.0.0.1:8001", user: ""))
        #expect(!access.isTLS)
        #expect(try access.tlsMaterial() == nil)
    }

    @Test func `of several files the first to name a thing wins, and missing ones are passed over`() throws {
        let folder = try TemporaryFolder()
        folder.write(
            "a",
            "contexts: [{name: x, context: {cluster: c, user: u, namespace: from-a}}]\nusers: [{name: u, user: {tokenFile: t}}]"
        )
        folder.write("d/b", Self.config() + "\n- name: x\n  context: {cluster: none, user: none}")
        folder.write("t", "token-beside-a")
        folder.write("empty", "")
        let config = try Kubeconfig(paths: ["absent", "empty", "a", "d/b"].map(folder.path))
        #expect(config.contextNames == ["here", "x"] && config.currentContext == "here")
        let access = try config.access(context: "x")
        #expect(access.namespace == "from-a")
        #expect(access.endpoint.host == "10.0.0.1")
        #expect(try access.token.current() == "token-beside-a")
        #expect(throws: ClusterAccessError.self) { try Kubeconfig(paths: [folder.path("absent")]) }
    }

    @Test func `is looked for where kubectl looks`() {
        #expect(Kubeconfig.paths { ["KUBECONFIG": "/a::b", "HOME": "/h"][$0] } == ["/a", "b"])
        #expect(Kubeconfig.paths { ["HOME": "/h"][$0] } == ["/h/.kube/config"])
        #expect(Kubeconfig.paths { _ in nil } == [])
    }
}
