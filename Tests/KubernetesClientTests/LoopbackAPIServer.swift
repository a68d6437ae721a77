// SPDX-License-Identifier: Apache-2.0
import Glibc
import HTTP
import HTTPTransport
import JSON
import OpenSSL
import Sockets
import Synchronization

@testable import KubernetesClient

/// A small API server for pods behind real TLS: list in pages, watch, create; enough to be watched by an
/// informer.
final class LoopbackAPIServer: HTTPHandler {
    fileprivate struct State {
        var version = 10
        var pods: [String: JSONValue] = [:]
        var history: [(version: Int, line: [UInt8])] = []
        var oldest = 0
        var watches: [HTTPResponseWriter] = []
        var targets: [String] = []
    }

    private let state = Mutex(State())

    var targets: [String] { state.withLock { $0.targets } }
    var openWatches: Int { state.withLock { $0.watches.count { !$0.isClosed } } }

    func put(_ name: String) {
        state.withLock { state in
            state.version += 1
            let pod = JSONValue.object(name, state.version)
            let kind = state.pods.updateValue(pod, forKey: name) == nil ? "ADDED" : "MODIFIED"
            state.tell(kind, pod)
        }
    }

    func delete(_ name: String) {
        state.withLock { state in
            guard state.pods.removeValue(forKey: name) != nil else { return }
            state.version += 1
            state.tell("DELETED", .object(name, state.version))
        }
    }

    /// Ends every watch; with `forgetting`, their versions are then too old to go on from.
    func dropWatches(forgetting: Bool = false) {
        let watches = state.withLock { state in
            if forgetting {
                state.version += 1
                state.oldest = state.version
            }
            defer { state.watches = [] }
            return state.watches
        }
        for watch in watches { watch.finish() }
    }

    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer {
        let query = request.query ?? ""
        state.withLock { $0.targets.append("\(request.path)?\(query)") }
        guard request.fields["authorization"] == "Bearer t0ken" else {
            return .now(.json(401, JSONValue.status(401, "Unauthorized").serialized()))
        }
        switch (request.method, request.path) {
        case (.get, "/api/v1/pods"):
            let watch = request.queryValue("watch") == "true"
            return watch
                ? self.watch(request.queryValue("resourceVersion"))
                : .now(list(request.queryValue("continue")))
        case (.post, _):
            guard let name = try? JSONDocument(parsing: request.body).root.at("metadata", "name")?.string
            else {
                return .now(.json(400, JSONValue.status(400, "BadRequest").serialized()))
            }
            put(name)
            return .now(.json(201, JSONValue.object(name, 1).serialized()))
        default: return .now(.json(404, JSONValue.status(404, "NotFound").serialized()))
        }
    }

    /// Two a page.
    private func list(_ token: Substring?) -> HTTPResponse {
        state.withLock { state in
            let start = token.flatMap { Int($0) } ?? 0
            let names = state.pods.keys.sorted().dropFirst(start)
            let items = names.prefix(2).compactMap { state.pods[$0] }
            return .json(
                200,
                JSONValue.list(state.version, items, continuing: names.count > 2 ? "\(start + 2)" : "")
                    .serialized())
        }
    }

    private func watch(_ version: Substring?) -> HTTPAnswer {
        guard let version = version.flatMap({ Int($0) }), version >= state.withLock({ $0.oldest }) else {
            return .now(.json(410, JSONValue.status(410, "Expired").serialized()))
        }
        return .stream(HTTPResponse(status: 200, fields: [("content-type", "application/json")])) { writer in
            self.state.withLock { state in
                for event in state.history where event.version > version { writer.write(event.line) }
                state.watches.append(writer)
            }
        }
    }
}

extension LoopbackAPIServer.State {
    fileprivate mutating func tell(_ type: String, _ object: JSONValue) {
        let line = Array(String.event(type, object).utf8)
        history.append((version, line))
        for watch in watches { watch.write(line) }
    }
}

/// A CA, a server certificate for 127.0.0.1, and a client certificate in a kubeconfig.
struct LoopbackAuthority {
    let authority: CertificateIssuer
    let now = Int64(time(nil))

    init() throws {
        let made = try CertificateIssuer.selfSigned(
            commonName: "test CA", algorithm: .ecdsaP256, notBefore: now - 60, notAfter: now + 3600)
        authority = try CertificateIssuer(certificate: made.certificate, key: made.key)
    }

    func identity(_ names: [SubjectAlternativeName]) throws -> TLSIdentity {
        let key = try PrivateKey.generate(.ecdsaP256)
        let template = LeafTemplate(names: names, notBefore: now - 60, notAfter: now + 600)
        return try TLSIdentity(
            certificateChain: [try authority.issue(template, for: key.publicKey)], key: key)
    }

    func serverContext(_ names: [SubjectAlternativeName], _ alpn: [ApplicationProtocol]) throws -> TLSContext
    {
        try TLSContext.server(
            identity: try identity(names), alpn: alpn, clientAuthorities: [authority.certificate])
    }

    func access(port: Int, serverName: String? = nil, trusting other: LoopbackAuthority? = nil) throws
        -> ClusterAccess
    {
        let client = try identity([.dns("client")])
        let text = """
            current-context: x
            clusters:
            - name: c
              cluster:
                server: https://127.0.0.1:\(port)
                certificate-authority-data: \(Base64.encode(Array((other ?? self).authority.certificate.pem.utf8)))
                \(serverName.map { "tls-server-name: \($0)" } ?? "")
            users:
            - name: u
              user:
                token: t0ken
                client-certificate-data: \(Base64.encode(Array(client.certificateChain[0].pem.utf8)))
                client-key-data: \(Base64.encode(client.key.withPEM { Array($0) }))
            contexts: [{name: x, context: {cluster: c, user: u}}]
            """
        return try Kubeconfig(Array(text.utf8), path: "kubeconfig").access()
    }
}

/// Runs the server for the time of a test.
func withLoopbackAPIServer(
    _ alpn: [ApplicationProtocol], names: [SubjectAlternativeName] = [.ip([127, 0, 0, 1])],
    _ body: (LoopbackAPIServer, LoopbackAuthority, Int, ReactorGroup) async throws -> Void
) async throws {
    let group = try ReactorGroup(count: 1)
    defer { group.stop() }
    let authority = try LoopbackAuthority()
    let api = LoopbackAPIServer()
    let server = try HTTPServer(
        reactors: group, listen: [SocketAddress(ip: [127, 0, 0, 1], port: 0)],
        security: .tls(try authority.serverContext(names, alpn)), handler: api)
    do { try await body(api, authority, server.boundPort, group) } catch {
        await server.shutdown(grace: .zero, drain: .milliseconds(50))
        throw error
    }
    await server.shutdown(grace: .zero, drain: .milliseconds(50))
}
