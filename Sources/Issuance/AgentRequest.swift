// SPDX-License-Identifier: Apache-2.0
internal import Buffers
package import HTTP
internal import OpenSSL
internal import SigningProtocol

/// An agent's HTTP request, copied off its connection: what the endpoint reads of it and nothing else.
package struct AgentRequest: Sendable {
    package let method: HTTPMethod
    package let path: String
    let authorization: [String]
    let contentType: String?
    let policy: String?
    let reason: String?
    let duration: String?
    let prefer: String?
    let pod: String?
    let bundle: String?
    let addresses: String?
    /// Who sent it, as far as that can be known: a node may stand for all of its pods.
    let peer: String
    /// Empty when it is over the limit: then only its size is of interest.
    let body: [UInt8]
    let bodySize: Int

    package init(copying request: borrowing HTTPRequest) {
        method = request.method
        path = request.path
        authorization = request.fields.values(named: ProtocolHeader.authorization)
        contentType = request.fields[ProtocolHeader.contentType]
        policy = request.fields[ProtocolHeader.policy]
        reason = request.fields[ProtocolHeader.reason]
        duration = request.fields[ProtocolHeader.duration]
        prefer = request.fields[ProtocolHeader.prefer]
        pod = request.fields[ProtocolHeader.pod]
        bundle = request.fields[ProtocolHeader.bundle]
        addresses = request.fields[ProtocolHeader.addresses]
        peer = request.peer ?? ""
        bodySize = request.body.count
        body = bodySize <= ProtocolLimits.requestBytes ? request.body.bytes : []
    }

    /// The token of the one `Authorization: Bearer` field.
    func token() throws(Refusal) -> String {
        guard let field = authorization.first, authorization.count == 1,
            field.lowercased().hasPrefix(ProtocolHeader.bearerPrefix.lowercased())
        else {
            throw Refusal(
                .tokenMissing, status: 401, "the request has no bearer token",
                hint: "send the pod's projected token: Authorization: Bearer <token>")
        }
        let token = String(field.dropFirst(ProtocolHeader.bearerPrefix.count))
        guard Self.looksLikeToken(token) else {
            throw Refusal(
                .tokenMissing, status: 401, "the bearer token is not a service account token",
                hint: "send the content of the projected token file, without anything around it")
        }
        return token
    }

    func policyName() throws(Refusal) -> PolicyName {
        guard let policy else { return .standard }
        guard let name = PolicyName(parsing: policy) else {
            throw .badRequest(
                "\(ProtocolHeader.policy) is no policy name",
                hint: "a DNS label such as \"\(PolicyName.standard)\"")
        }
        return name
    }

    func issuanceReason() throws(Refusal) -> IssuanceReason {
        guard let reason else { return .first }
        guard let known = IssuanceReason(rawValue: reason) else {
            throw .badRequest(
                "\(ProtocolHeader.reason) is neither first nor renewal", hint: "leave it out, or say one")
        }
        return known
    }

    func lifetime() throws(Refusal) -> CertificateLifetime? {
        guard let duration else { return nil }
        guard let lifetime = CertificateLifetime(parsing: duration) else {
            throw .badRequest(
                "\(ProtocolHeader.duration) is no duration from 5m to 2184h", hint: "leave it out, or say 24h"
            )
        }
        return lifetime
    }

    /// 4 or 16 bytes each.
    func podAddresses() throws(Refusal) -> [[UInt8]] {
        guard let addresses else { return [] }
        let texts = addresses.split(separator: ",", maxSplits: ProtocolLimits.podAddresses)
        let parsed = texts.compactMap { text -> [UInt8]? in
            guard case .ip(let bytes) = SubjectAlternativeName.ip(parsing: String(text)) else { return nil }
            return bytes
        }
        guard parsed.count == texts.count, parsed.count <= ProtocolLimits.podAddresses else {
            throw .badRequest(
                "\(ProtocolHeader.addresses) is not up to \(ProtocolLimits.podAddresses) IP addresses, separated by commas",
                hint: "leave it out, or say the pod's status.podIPs")
        }
        return parsed
    }

    /// How long the answer may be held back: what is asked for, at most 25 s, so that an answer leaves before the
    /// listener's own bound of 30 s.
    func patience() -> Duration {
        let longest: Int64 = 25
        guard let prefer, prefer.hasPrefix(ProtocolHeader.preferWaitPrefix),
            let seconds = Int64(prefer.dropFirst(ProtocolHeader.preferWaitPrefix.count)), seconds >= 0
        else { return .seconds(longest) }
        return .seconds(min(seconds, longest))
    }

    /// Three base64url parts: rubbish costs no TokenReview.
    private static func looksLikeToken(_ text: String) -> Bool {
        guard (16...ProtocolLimits.tokenBytes).contains(text.utf8.count) else { return false }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy {
                        ($0 >= 0x61 && $0 <= 0x7a) || ($0 >= 0x41 && $0 <= 0x5a) || ($0 >= 0x30 && $0 <= 0x39)
                            || $0 == 0x2d || $0 == 0x5f
                    }
            }
    }
}
