// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import HTTPTransport
internal import Synchronization

/// Carries requests to an API server over the HTTP client, and follows its certificates as their files
/// change.
package final class ClusterConnection: HTTPRequesting {
    /// The CA file of a pod changes with a CA rotation, which takes days; a client certificate lives for
    /// hours.
    private static let rereadInterval = Duration.seconds(60)

    private struct Material {
        var inUse: ClusterAccess.TLSMaterial?
        var checkedAt: Duration
    }

    private let access: ClusterAccess
    private let client: HTTPClient
    private let clock: WaitingClock
    private let material: Mutex<Material>

    package init(_ access: ClusterAccess, reactors: ReactorGroup, clock: WaitingClock = .system)
        throws(ClusterAccessError)
    {
        let inUse = try access.tlsMaterial()
        let context = try inUse.map { material throws(ClusterAccessError) in try access.tlsContext(material) }
        self.access = access
        self.clock = clock
        material = Mutex(Material(inUse: inUse, checkedAt: clock.now()))
        client = HTTPClient(
            reactors: reactors, endpoint: access.endpoint, tls: context, serverName: access.serverName)
    }

    package func close() { client.close() }

    package func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        refreshTLS()
        do { return try await client.send(translated(request), timeout: timeout) } catch {
            throw Self.failure(error)
        }
    }

    package func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        refreshTLS()
        do {
            let response = try await client.open(translated(request), timeout: timeout)
            return APIStream(
                status: response.status, retryAfter: response["retry-after"],
                next: { () throws(RequestFailure) in
                    var chunks = response.chunks.makeAsyncIterator()
                    do throws(HTTPClientError) { return try await chunks.next() } catch {
                        throw Self.failure(error)
                    }
                },
                cancel: { response.cancel() })
        } catch {
            throw Self.failure(error)
        }
    }

    private func translated(_ request: APIRequest) -> HTTPClientRequest {
        HTTPClientRequest(
            method: request.method, path: access.pathPrefix + request.target, fields: request.fields,
            body: request.body)
    }

    /// What cannot be read just now is no reason to stop: the certificates in use may still be good.
    private func refreshTLS() {
        let now = clock.now()
        let isDue = material.withLock { material in
            guard now - material.checkedAt >= Self.rereadInterval else { return false }
            material.checkedAt = now
            return true
        }
        guard isDue, let found = try? access.tlsMaterial() else { return }
        guard material.withLock({ $0.inUse != found }), let context = try? access.tlsContext(found) else {
            return
        }
        material.withLock { $0.inUse = found }
        client.updateTLS(context)
    }

    private static func failure(_ error: HTTPClientError) -> RequestFailure {
        if case .timeout = error { .timedOut } else { .unreachable("\(error)") }
    }
}

extension APIClient {
    /// A client of the cluster that `access` leads to.
    package init(
        _ access: ClusterAccess, reactors: ReactorGroup, userAgent: String = "podmint",
        timeout: Duration = .seconds(15)
    ) throws(ClusterAccessError) {
        self.init(
            transport: try ClusterConnection(access, reactors: reactors), token: access.token,
            userAgent: userAgent, timeout: timeout)
    }
}
