// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import OpenSSL
internal import SigningProtocol

/// The request on the wire, and what podmint's answers mean.
struct SigningMessage {
    let bytes = ByteBuffer(minimumCapacity: 4096)

    init(
        to server: ServerEndpoint, for certificate: CertificateSettings, at addresses: [IPAddress] = [],
        token: BearerToken, reason: IssuanceReason, body: [UInt8]
    ) {
        let known = addresses.map(\.text).joined(separator: ",")
        HTTP1Encoder.appendRequestHead(
            .post, path: SigningEndpoint.certificates, host: server.hostField,
            fields: [
                (ProtocolHeader.userAgent, "podmint-agent/\(Version.current)"),
                (ProtocolHeader.authorization, ProtocolHeader.bearerPrefix + token.text),
                (ProtocolHeader.contentType, SigningEndpoint.requestContentType),
                (ProtocolHeader.accept, "\(SigningEndpoint.responseContentType), text/plain"),
                (ProtocolHeader.policy, certificate.policy.text),
                (ProtocolHeader.reason, reason.rawValue),
                (ProtocolHeader.duration, certificate.lifetime.text),
                (ProtocolHeader.prefer, "\(ProtocolHeader.preferWaitPrefix)\(ProtocolLimits.waitSeconds)"),
            ] + (known.isEmpty ? [] : [(ProtocolHeader.addresses, known)]) + [("connection", "close")],
            bodyCount: body.count, to: bytes)
        bytes.append(body)
    }

    /// Names nobody and proves nothing: a leaf is shown in every handshake, and the answer is one word.
    init(
        to configuration: AgentConfiguration, for certificate: CertificateSettings,
        checking set: CertificateSet
    ) {
        let leaf = set.leaf.der
        HTTP1Encoder.appendRequestHead(
            .post, path: SigningEndpoint.check, host: configuration.server.hostField,
            fields: [
                (ProtocolHeader.userAgent, "podmint-agent/\(Version.current)"),
                (ProtocolHeader.contentType, SigningEndpoint.leafContentType),
                (ProtocolHeader.policy, certificate.policy.text),
                (ProtocolHeader.pod, configuration.podText),
                (ProtocolHeader.bundle, Digest.hex(Certificate.digest(ofSet: set.bundle))),
                ("connection", "close"),
            ],
            bodyCount: leaf.count, to: bytes)
        bytes.append(leaf)
    }

    static func verdict(in response: HTTP1ResponseParser) throws(AgentFailure) -> CheckVerdict {
        let field = response.fields[ProtocolHeader.cacheControl]
        let again = field.flatMap { field in
            field.hasPrefix(ProtocolHeader.maximumAgePrefix)
                ? Int64(field.dropFirst(ProtocolHeader.maximumAgePrefix.count)) : nil
        }
        switch response.status {
        case 204: return CheckVerdict(reason: nil, again: again)
        case 200 where response.fields[ProtocolHeader.contentType].map(mediaType) == "text/plain":
            let text = String(decoding: response.body.bytes.prefix(512), as: UTF8.self)
            return CheckVerdict(reason: RefusalText(parsing: text).message, again: again)
        default: throw failure(response)
        }
    }

    /// Refusals become failures with podmint's own words.
    static func answer(in response: HTTP1ResponseParser) throws(AgentFailure) -> SigningAnswer {
        guard response.status == 200 else { throw failure(response) }
        let type = response.fields[ProtocolHeader.contentType].map(mediaType)
        guard type == SigningEndpoint.responseContentType else {
            throw AgentFailure(
                .unusableAnswer,
                "podmint answered with \(type ?? "no content type") instead of a certificate",
                hint: "is something else listening at \(AgentEnvironment.server.name)?")
        }
        guard let text = response.fields[ProtocolHeader.chainLength], let length = Int(text),
            (1...ProtocolLimits.chainCertificates).contains(length)
        else {
            throw AgentFailure(
                .unusableAnswer,
                "podmint's answer says not how long its chain is (\(ProtocolHeader.chainLength))")
        }
        return SigningAnswer(chainLength: length, body: response.body.bytes)
    }

    private static func failure(_ response: HTTP1ResponseParser) -> AgentFailure {
        let status = response.status
        var text = RefusalText(parsing: "")
        if response.fields[ProtocolHeader.contentType].map(mediaType) == "text/plain" {
            text = RefusalText(
                parsing: String(
                    decoding: response.body.bytes.prefix(ProtocolLimits.refusalBytes), as: UTF8.self))
        }
        let said =
            text.message.isEmpty
            ? "podmint answered \(status)" : "podmint answered \(status): \(text.message)"
        return AgentFailure(
            kind(of: status, response.fields[ProtocolHeader.retryAfter]), said,
            hint: text.hint ?? hint(for: status))
    }

    private static func kind(of status: Int, _ retryAfter: String?) -> AgentFailure.Kind {
        switch status {
        case 429, 500...599:
            .busy(retryAfter: retryAfter.flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil })
        case 400...499: .refused
        default: .unusableAnswer
        }
    }

    private static func hint(for status: Int) -> String? {
        switch status {
        case 401: "the token is read again for the next try; is its audience \(SigningToken.audience)?"
        case 403: "podmint's log says more, and why; this is tried again slowly"
        case 300...399: "redirects are not followed; \(AgentEnvironment.server.name) must name podmint itself"
        default: nil
        }
    }

    private static func mediaType(_ value: String) -> String {
        String(value.prefix { $0 != ";" && $0 != " " }).lowercased()
    }
}
