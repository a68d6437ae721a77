// SPDX-License-Identifier: Apache-2.0
package import HTTPTransport
internal import OpenSSL

/// The way to one API server: where it is, how it is recognised, and who we are to it.
///
/// Certificates and tokens that live in files are read when they are used, since the kubelet and others
/// replace them.
package struct ClusterAccess: Sendable {
    enum Material: Sendable {
        case bytes([UInt8])
        case file(String)
    }

    enum Key: Sendable {
        case key(PrivateKey)
        case file(String)
    }

    struct Identity: Sendable {
        let certificate: Material
        let key: Key
    }

    package let endpoint: HTTPEndpoint
    let isTLS: Bool
    /// In front of every path, for servers behind a gateway.
    let pathPrefix: String
    /// What the server's certificate must be for; the endpoint's host where it is nil.
    let serverName: String?
    /// What a tool without `-n` works in.
    package let namespace: String
    let authorities: Material
    let identity: Identity?
    package let token: TokenSource

    /// Debian's; asked when a kubeconfig names no authority.
    static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"
    private static let serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// As a pod's own service account. `root` is in front of the paths of files, for tests.
    package static func inCluster(
        environment: (String) -> String?, root: String = "", clock: WaitingClock = .system
    ) throws(ClusterAccessError) -> ClusterAccess {
        guard let host = environment("KUBERNETES_SERVICE_HOST"), !host.isEmpty else {
            throw ClusterAccessError(
                "this is not a pod: KUBERNETES_SERVICE_HOST is not set",
                hint: "name a kubeconfig with --kubeconfig")
        }
        guard let port = UInt16(environment("KUBERNETES_SERVICE_PORT") ?? "443"), port > 0 else {
            throw ClusterAccessError(
                "KUBERNETES_SERVICE_PORT is not a port", hint: "wanted a number; the kubelet sets it")
        }
        let folder = root + serviceAccount
        guard SmallFile.exists("\(folder)/token") else {
            throw ClusterAccessError(
                "there is no service account token at \(folder)/token",
                hint: "the pod needs automountServiceAccountToken: true, or a kubeconfig")
        }
        let namespace = (try? SmallFile.read("\(folder)/namespace", limit: 256)).map {
            String(decoding: $0, as: UTF8.self)
        }
        return ClusterAccess(
            endpoint: HTTPEndpoint(host: host, port: port), isTLS: true, pathPrefix: "", serverName: nil,
            namespace: namespace.flatMap { $0.split(whereSeparator: \.isWhitespace).first.map(String.init) }
                ?? "default",
            authorities: .file("\(folder)/ca.crt"), identity: nil,
            token: .file("\(folder)/token", clock: clock))
    }

    /// As kubectl finds it: the named kubeconfig, else `KUBECONFIG`, else `~/.kube/config`, else the pod's
    /// own account.
    package static func discover(
        kubeconfig: String?, context: String? = nil, environment: (String) -> String?, root: String = ""
    ) throws(ClusterAccessError) -> ClusterAccess {
        if let kubeconfig { return try Kubeconfig(paths: [kubeconfig]).access(context: context) }
        let paths = Kubeconfig.paths(environment: environment)
        if paths.contains(where: SmallFile.exists) || environment("KUBERNETES_SERVICE_HOST") == nil {
            return try Kubeconfig(paths: paths).access(context: context)
        }
        return try inCluster(environment: environment, root: root)
    }
}

// What TLS needs, read anew each time.
extension ClusterAccess {
    /// A bundle of 150 CAs; an identity is smaller.
    private static let maximumSize = 330_000
    private static let maximumKeySize = 13_000

    /// The certificates as they are now: when they change, so must the context.
    struct TLSMaterial: Equatable {
        let authorities: [UInt8]
        let certificate: [UInt8]?
    }

    /// Nil for a server without TLS.
    func tlsMaterial() throws(ClusterAccessError) -> TLSMaterial? {
        guard isTLS else { return nil }
        let certificate = try identity.map { identity throws(ClusterAccessError) in
            try Self.read(identity.certificate, "client certificate")
        }
        return TLSMaterial(
            authorities: try Self.read(authorities, "certificate authority"), certificate: certificate)
    }

    func tlsContext(_ material: TLSMaterial) throws(ClusterAccessError) -> TLSContext {
        let anchors = try Self.certificates(material.authorities, "the server's certificate authority")
        let chain = try material.certificate.map { pem throws(ClusterAccessError) in
            try Self.certificates(pem, "the client certificate")
        }
        let key = try identity.map { identity throws(ClusterAccessError) in try Self.key(identity.key) }
        do {
            guard let chain, let key else {
                return try TLSContext.client(anchors: anchors, alpn: [.http2, .http1])
            }
            let identity = try TLSIdentity(certificateChain: chain, key: key)
            return try TLSContext.client(anchors: anchors, identity: identity, alpn: [.http2, .http1])
        } catch {
            throw ClusterAccessError(
                "TLS to \(endpoint) cannot be set up: \(error)", hint: "check the kubeconfig's certificates")
        }
    }

    private static func read(_ material: Material, _ what: String) throws(ClusterAccessError) -> [UInt8] {
        switch material {
        case .bytes(let bytes): return bytes
        case .file(let path):
            do { return try SmallFile.read(path, limit: maximumSize) } catch {
                throw ClusterAccessError(
                    "the \(what) cannot be read: \(error)",
                    hint: "check the kubeconfig or the pod's service account")
            }
        }
    }

    private static func certificates(_ pem: [UInt8], _ what: String) throws(ClusterAccessError)
        -> [Certificate]
    {
        do { return try PEM.certificates(in: pem) } catch {
            throw ClusterAccessError("\(what) is not usable: \(error)", hint: "wanted PEM certificates")
        }
    }

    private static func key(_ key: Key) throws(ClusterAccessError) -> PrivateKey {
        switch key {
        case .key(let key): return key
        case .file(let path):
            do {
                return try PrivateKey(pem: try SmallFile.readSecret(path, limit: maximumKeySize))
            } catch {
                throw ClusterAccessError(
                    "the client key \(path) is not usable: \(error)",
                    hint: "wanted an unencrypted private key in PEM")
            }
        }
    }
}
