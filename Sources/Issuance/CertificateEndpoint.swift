// SPDX-License-Identifier: Apache-2.0
package import HTTP
package import Logging
internal import OpenSSL
internal import SigningProtocol
internal import Telemetry

/// `POST /v1/certificates`, `POST /v1/check` and `GET /v1/bundle/<namespace>/<policy>`: from an agent's request to the
/// answer it gets.
///
/// Cheap checks first, the TokenReview before anything expensive, the queue for the rest. Never logs a token or a
/// body; says to the agent what is wrong, to the log also who it was.
package struct CertificateEndpoint: Sendable {
    private let api: any PodAuthorityAPI
    private let queue: IssuanceQueue
    let authorities: PolicyAuthorities
    private let currency: CurrencyCheck
    private let audit: AuditLog
    private let metrics: IssuanceMetrics
    private let gate: ReviewGate
    private let rate: RequestRate
    private let refusedTokens: RefusedTokens
    let bundles = BundleTexts()
    private let clock: IssuanceClock
    private let logger: Logger

    package init(
        api: any PodAuthorityAPI, queue: IssuanceQueue, authorities: PolicyAuthorities,
        currency: CurrencyCheck, audit: AuditLog,
        metrics: IssuanceMetrics, gate: ReviewGate = ReviewGate(), rate: RequestRate? = nil,
        clock: IssuanceClock = .system, logger: Logger
    ) {
        self.api = api
        self.queue = queue
        self.authorities = authorities
        self.currency = currency
        self.audit = audit
        self.metrics = metrics
        self.gate = gate
        self.rate = rate ?? RequestRate(clock: clock)
        refusedTokens = RefusedTokens(clock: clock)
        self.clock = clock
        self.logger = logger
    }

    package func answer(_ request: AgentRequest) async -> HTTPResponse {
        switch (request.method, request.path) {
        case (.post, SigningEndpoint.certificates): return await certificate(request)
        case (.post, SigningEndpoint.check): return await check(request)
        case (.get, let path) where path.hasPrefix(SigningEndpoint.bundlePrefix): return await bundle(path)
        case (_, SigningEndpoint.certificates), (_, SigningEndpoint.check): return Self.notAllowed("POST")
        case (_, let path) where path.hasPrefix(SigningEndpoint.bundlePrefix): return Self.notAllowed("GET")
        default:
            return Self.refused(
                404, "there is nothing at this path",
                hint: "agents use \(SigningEndpoint.certificates), \(SigningEndpoint.check) and "
                    + "\(SigningEndpoint.bundlePrefix)<namespace>/<policy>"
            )
        }
    }

    private func certificate(_ request: AgentRequest) async -> HTTPResponse {
        let id = Digest.hex(RandomBytes.make(6))
        let start = clock.elapsed()
        var logger = logger
        logger[metadataKey: "request"] = "\(id)"
        let response: HTTPResponse
        do {
            let issued = try await issue(request, id: id, until: start + request.patience(), &logger)
            metrics.requests.increment(.issued)
            logger.info(
                "Issued a certificate", metadata: ["serial": "\(issued.chain.first?.serialHex ?? "")"])
            response = Self.granted(issued)
        } catch {
            metrics.requests.increment(.refused(error.code))
            logger.log(
                level: error.isDenial ? .notice : .info, "Refused a certificate",
                metadata: ["code": "\(error.code.rawValue)", "reason": "\(error.message)"])
            response = Self.refused(error)
        }
        metrics.duration.observe(clock.elapsed() - start)
        return response
    }

    private func issue(
        _ request: AgentRequest, id: String, until deadline: Duration, _ logger: inout Logger
    ) async throws(Refusal) -> IssuedCertificate {
        try Self.checkBody(of: request)
        let policy = try request.policyName()
        let reason = try request.issuanceReason()
        let lifetime = try request.lifetime()
        let addresses = try request.podAddresses()
        let caller = try await caller(of: request, id: id, policy: policy)
        logger[metadataKey: "namespace"] = "\(caller.namespace)"
        logger[metadataKey: "pod"] = "\(caller.podName)"
        if let seconds = rate.take(for: caller.podUID) {
            throw Refusal(
                .rateLimited, status: 429, "\(caller.pod) asks too often",
                hint: "it may ask again in \(seconds) s; an agent that keeps restarting is the usual cause",
                retryAfter: seconds)
        }
        let signingRequest: SigningRequest
        do { signingRequest = try SigningRequest(der: request.body) } catch {
            throw .badRequest("\(error)", hint: "send a PKCS#10 request in DER, signed by its own key")
        }
        let checked = CheckedRequest(
            id: id, caller: caller, policy: policy, reason: reason, signingRequest: signingRequest,
            wishedLifetime: lifetime, awaitedAddresses: addresses)
        return try await wait(for: checked, until: deadline)
    }

    /// Through the queue, and again once the pod has got its address.
    private func wait(for request: CheckedRequest, until deadline: Duration) async throws(Refusal)
        -> IssuedCertificate
    {
        var request = request
        while true {
            let outcome = await queue.submit(request, patience: max(.zero, deadline - clock.elapsed()))
            guard case .failure(let refusal) = outcome, refusal.code == .addressPending else {
                return try outcome.get()
            }
            let wait = AddressWait(api: api, clock: clock)
            let time =
                request.awaitedAddresses.isEmpty
                ? deadline : min(deadline, clock.elapsed() + AddressWait.longestForOthers)
            if await wait.untilAddressed(request, until: time) { continue }
            guard !request.awaitedAddresses.isEmpty else { throw refusal }
            request.awaitedAddresses = []
        }
    }

    private func caller(of request: AgentRequest, id: String, policy: PolicyName) async throws(Refusal)
        -> PodCaller
    {
        let token = try request.token()
        try refusedTokens.check(token, from: request.peer)
        let api = api
        let review = await gate.pass {
            do throws(ClusterSilence) {
                return Result<_, ClusterSilence>.success(
                    try await api.review(token: token, audience: SigningToken.audience))
            } catch { return .failure(error) }
        }
        guard let review else {
            throw .later(
                .queueFull, "podmint has too many tokens to check", hint: "it is tried again by itself",
                after: 5)
        }
        switch review {
        case .failure(let silence):
            logger.warning(
                "Could not review a token", metadata: ["request": "\(id)", "reason": "\(silence)"])
            throw .apiUnavailable("token review")
        case .success(let review):
            do { return try PodCaller(review) } catch {
                refusedTokens.note(token, from: request.peer, error)
                let entry = AuditEntry(
                    time: clock.now(), requestID: id, caller: nil, policy: policy.text, keyDigest: nil,
                    verdict: .denied(error))
                try? audit.write(entry)
                throw error
            }
        }
    }

    private static func checkBody(of request: AgentRequest) throws(Refusal) {
        guard request.bodySize <= ProtocolLimits.requestBytes else {
            throw Refusal(
                .tooLarge, status: 413,
                "the request has \(request.bodySize) bytes; at most \(ProtocolLimits.requestBytes) are read",
                hint: "send the PKCS#10 request alone, in DER")
        }
        let type = request.contentType?.split(separator: ";").first.map { $0.lowercased() }
        guard type == SigningEndpoint.requestContentType else {
            throw .badRequest(
                "Content-Type is not \(SigningEndpoint.requestContentType)",
                hint: "send a PKCS#10 request in DER (openssl req -outform DER)")
        }
    }

    private func check(_ request: AgentRequest) async -> HTTPResponse {
        do throws(Refusal) {
            let (verdict, seconds) = try await currency.verdict(on: request)
            let age = (
                ProtocolHeader.cacheControl.lowercased(), "\(ProtocolHeader.maximumAgePrefix)\(seconds)"
            )
            guard let reason = verdict else { return HTTPResponse(status: 204, fields: [age], body: []) }
            return HTTPResponse(
                status: 200, fields: [("content-type", SigningEndpoint.refusalContentType), age],
                body: Array("\(reason.rawValue)\n".utf8))
        } catch { return Self.refused(error) }
    }
}
