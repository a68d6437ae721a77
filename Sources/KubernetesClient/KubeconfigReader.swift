// SPDX-License-Identifier: Apache-2.0
internal import HTTPTransport
internal import JSON
internal import OpenSSL

/// One cluster's or user's part of a kubeconfig, with what to call it in a message.
struct KubeconfigSection {
    let title: String
    private let entry: Kubeconfig.Entry

    init(_ title: String, _ entry: Kubeconfig.Entry) {
        self.title = title
        self.entry = entry
    }

    func has(_ key: String) -> Bool {
        entry.body[key].map { !$0.isNull && $0 != "" && $0 != false && $0 != [:] } ?? false
    }
    func member(_ key: String) -> JSONValue? { entry.body[key] }

    func text(_ key: String) throws(ClusterAccessError) -> String? {
        guard has(key), let value = entry.body[key] else { return nil }
        guard let text = value.string else {
            throw ClusterAccessError("\(title): \(key) is not a text", hint: "put its value in quotes")
        }
        return text
    }

    /// A path, absolute or from the kubeconfig's folder.
    func path(_ key: String) throws(ClusterAccessError) -> String? {
        guard let path = try text(key) else { return nil }
        return path.hasPrefix("/") ? path : "\(entry.folder)/\(path)"
    }

    /// Bytes that stand in the kubeconfig as base64 (which then count), or in a file that it names.
    func material(_ key: String) throws(ClusterAccessError) -> ClusterAccess.Material? {
        guard let encoded = try text("\(key)-data") else { return try path(key).map { .file($0) } }
        guard let bytes = Base64.decode(encoded) else {
            throw ClusterAccessError(
                "\(title): \(key)-data is not base64", hint: "it is the base64 of a PEM text, on one line")
        }
        return .bytes(bytes)
    }

    func key() throws(ClusterAccessError) -> ClusterAccess.Key? {
        guard let encoded = try text("client-key-data") else {
            return try path("client-key").map { .file($0) }
        }
        guard let secret = unsafe Base64.decodeSecret(Array(encoded.utf8).span.bytes) else {
            throw ClusterAccessError(
                "\(title): client-key-data is not base64", hint: "it is the base64 of a PEM text, on one line"
            )
        }
        do { return .key(try PrivateKey(pem: secret)) } catch {
            throw ClusterAccessError(
                "\(title): client-key-data: \(error)", hint: "wanted an unencrypted private key in PEM")
        }
    }
}

/// Turns a context's parts into `ClusterAccess`, or says what in them podmint does not do.
struct KubeconfigReader {
    let cluster: KubeconfigSection
    let user: KubeconfigSection

    func access(namespace: String?) throws(ClusterAccessError) -> ClusterAccess {
        try refuse()
        guard let url = try cluster.text("server") else {
            throw ClusterAccessError(
                "\(cluster.title) has no server", hint: "wanted server: https://host:port")
        }
        guard let server = HTTPEndpoint.parsing(url: url) else {
            throw ClusterAccessError(
                "\(cluster.title): \"\(url)\" is no server's URL", hint: "wanted https://host:port")
        }
        let identity = try identity()
        let token = try token()
        guard server.isTLS || (identity == nil && token == nil && Self.isLoopback(server.endpoint.host))
        else {
            throw ClusterAccessError(
                "\(cluster.title): \(url) is not encrypted",
                hint: "wanted https://; http is for kubectl proxy on this machine only")
        }
        return ClusterAccess(
            endpoint: server.endpoint, isTLS: server.isTLS, pathPrefix: server.path,
            serverName: try cluster.text("tls-server-name"),
            namespace: namespace.flatMap { $0.isEmpty ? nil : $0 } ?? "default",
            authorities: try cluster.material("certificate-authority")
                ?? .file(ClusterAccess.systemAuthorities),
            identity: identity, token: token ?? .none)
    }

    private func identity() throws(ClusterAccessError) -> ClusterAccess.Identity? {
        switch (try user.material("client-certificate"), try user.key()) {
        case (let certificate?, let key?): return ClusterAccess.Identity(certificate: certificate, key: key)
        case (nil, nil): return nil
        case (_?, nil):
            throw ClusterAccessError(
                "\(user.title) has a client-certificate without its key",
                hint: "add client-key or client-key-data")
        case (nil, _?):
            throw ClusterAccessError(
                "\(user.title) has a client-key without its certificate",
                hint: "add client-certificate or client-certificate-data")
        }
    }

    /// A file counts before the text beside it, as in client-go: the text is only what the file once held.
    private func token() throws(ClusterAccessError) -> TokenSource? {
        if let path = try user.path("tokenFile") { return .file(path) }
        guard let token = try user.text("token") else { return nil }
        guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ClusterAccessError(
                "\(user.title): the token holds blanks or control characters",
                hint: "wanted the token alone, on one line")
        }
        return .fixed(token)
    }

    private func refuse() throws(ClusterAccessError) {
        if cluster.has("insecure-skip-tls-verify") {
            throw ClusterAccessError(
                "\(cluster.title) says insecure-skip-tls-verify, and podmint hands no credentials to a server that it cannot verify",
                hint:
                    "set certificate-authority-data, and tls-server-name if the certificate has another name")
        }
        if cluster.has("proxy-url") {
            throw ClusterAccessError(
                "\(cluster.title) wants a proxy, which podmint does not use",
                hint: "run podmint where it reaches the server directly")
        }
        if let exec = user.member("exec"), user.has("exec") {
            throw ClusterAccessError(
                "\(user.title) gets credentials by running \"\(exec["command"]?.string ?? "a command")\", which podmint does not do",
                hint:
                    "use a token: kubectl create token NAME -n NAMESPACE, as token or tokenFile of a user of its own"
            )
        }
        for unsupported in [
            "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra",
        ] where user.has(unsupported) {
            throw ClusterAccessError(
                "\(user.title) uses \(unsupported), which podmint does not do",
                hint: "use a client certificate, token or tokenFile")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
