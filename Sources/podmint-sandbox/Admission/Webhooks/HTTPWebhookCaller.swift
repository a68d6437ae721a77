// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import OpenSSL
internal import Synchronization

/// Calls webhooks over TLS on the project's own client; one client per endpoint, so connections are reused.
final class HTTPWebhookCaller: WebhookCaller {
    let services: ServiceMap
    private let reactors: ReactorGroup
    private let clients = Mutex<[ClientKey: HTTPClient]>([:])

    private struct ClientKey: Hashable {
        let host: String
        let port: Int
        let serverName: String
        let authorities: String
        let offersHTTP2: Bool
    }

    init(reactors: ReactorGroup, services: ServiceMap) {
        self.reactors = reactors
        self.services = services
    }

    func post(
        _ body: [UInt8], to endpoint: WebhookEndpoint, timeoutMilliseconds: Int64
    ) async throws(WebhookFailure) -> WebhookReply {
        let client = try client(for: endpoint)
        let request = HTTPClientRequest(
            method: .post, path: endpoint.path,
            fields: [
                ("accept", "application/json, */*"), ("content-type", "application/json"),
                ("user-agent", "kube-apiserver-admission"),
            ], body: body)
        do throws(HTTPClientError) {
            let response = try await client.send(request, timeout: .milliseconds(timeoutMilliseconds))
            let retryAfter = response.fields.first { $0.0.lowercased() == "retry-after" }?.1
            return WebhookReply(
                status: response.status, retryAfter: retryAfter.flatMap { Int($0) }, body: response.body)
        } catch {
            if case .timeout = error { throw WebhookFailure(why: "context deadline exceeded") }
            if case .tls(let why) = error { throw WebhookFailure(why: Self.distrust(why)) }
            let refused = error.description.hasSuffix("Connection refused")
            let address = endpoint.host.contains(":") ? "[\(endpoint.host)]" : endpoint.host
            throw WebhookFailure(
                why: refused
                    ? "dial tcp \(address):\(endpoint.port): connect: connection refused" : error.description)
        }
    }

    /// As Go says it, for people look for these words.
    private static func distrust(_ why: String) -> String {
        let isUnknown =
            why.contains("local issuer") || why.contains("self-signed") || why.contains("self signed")
        let what =
            isUnknown
            ? "certificate signed by unknown authority"
            : why.contains("expired") ? "certificate has expired or is not yet valid" : why
        return "tls: failed to verify certificate: x509: \(what)"
    }

    private func client(for endpoint: WebhookEndpoint) throws(WebhookFailure) -> HTTPClient {
        let key = ClientKey(
            host: endpoint.host, port: endpoint.port, serverName: endpoint.serverName,
            authorities: endpoint.authorities, offersHTTP2: endpoint.offersHTTP2)
        if let known = clients.withLock({ $0[key] }) { return known }
        let anchors: [Certificate]
        do throws(PEMError) {
            anchors = endpoint.authorities.isEmpty ? [] : try PEM.certificates(in: endpoint.authorities)
        } catch {
            throw WebhookFailure(why: "unable to load root certificates: \(error)")
        }
        let context: TLSContext
        do throws(OpenSSLError) {
            context = try TLSContext.client(
                anchors: anchors, alpn: endpoint.offersHTTP2 ? [.http2, .http1] : [.http1])
        } catch {
            throw WebhookFailure(why: "unable to load root certificates: \(error)")
        }
        guard let port = UInt16(exactly: endpoint.port) else {
            throw WebhookFailure(why: "invalid port \(endpoint.port)")
        }
        let client = HTTPClient(
            reactors: reactors, endpoint: HTTPEndpoint(host: endpoint.host, port: port), tls: context,
            serverName: endpoint.serverName)
        clients.withLock { clients in
            // A rotated caBundle makes a new client; the one it replaces must not be used again.
            clients = clients.filter {
                $0.key.host != key.host || $0.key.port != key.port || $0.key.serverName != key.serverName
            }
            clients[key] = client
        }
        return client
    }
}
