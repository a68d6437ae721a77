// SPDX-License-Identifier: Apache-2.0

/// Paths, methods and media types of podmint's listener for agents (docs/protocol.md).
package enum SigningEndpoint {
    /// `POST`: a DER PKCS#10 request in, a PEM chain and bundle out.
    package static let certificates = "/v1/certificates"
    /// `POST`: a leaf in DER in; whether it is still what podmint would issue, out. No token, nothing secret.
    package static let check = "/v1/check"
    /// `GET` with a namespace's and a policy's name behind it: the bundle as PEM, for anyone.
    package static let bundlePrefix = "/v1/bundle/"

    /// RFC 5967.
    package static let requestContentType = "application/pkcs10"
    /// RFC 2585.
    package static let leafContentType = "application/pkix-cert"
    /// RFC 8555 section 9.1.
    package static let responseContentType = "application/pem-certificate-chain"
    /// Refusals (`RefusalText`).
    package static let refusalContentType = "text/plain; charset=utf-8"

    package static func bundle(of policy: PolicyName, in namespace: String) -> String {
        "\(bundlePrefix)\(namespace)/\(policy)"
    }
}

/// Header fields that this protocol gives a meaning to. HTTP compares names without regard to case.
package enum ProtocolHeader {
    /// `Bearer <projected token>` (RFC 6750).
    package static let authorization = "Authorization"
    package static let contentType = "Content-Type"
    package static let accept = "Accept"
    package static let userAgent = "User-Agent"
    /// Which of the pod's policies the certificate is for.
    package static let policy = "Podmint-Policy"
    /// `first` or `renewal` (`IssuanceReason`).
    package static let reason = "Podmint-Reason"
    /// The life wished for, as duration text; the server may give less, never more. Optional.
    package static let duration = "Podmint-Duration"
    /// The pod's IP addresses as its node knows them, separated by commas: a reason to wait until the API server knows
    /// them too, and evidence of nothing. Optional.
    package static let addresses = "Podmint-Addresses"
    /// `wait=<seconds>` (RFC 7240 section 4.3): how long the answer may be held back while the queue is busy.
    package static let prefer = "Prefer"
    /// To `check`: the pod that the leaf is for, `namespace/name`.
    package static let pod = "Podmint-Pod"
    /// To `check`: the digest of the bundle that was published beside the leaf, in hexadecimal.
    package static let bundle = "Podmint-Bundle"
    /// In an answer of `check`: `max-age=<seconds>` until the next check makes sense (RFC 9111 section 5.2.2.1).
    package static let cacheControl = "Cache-Control"
    /// In a 200: how many of the body's certificates, counted from the first, are the chain; the rest is trust.
    package static let chainLength = "Podmint-Chain-Length"
    /// Whole seconds, with 429 and 503 (RFC 9110 section 10.2.3).
    package static let retryAfter = "Retry-After"

    package static let bearerPrefix = "Bearer "
    package static let preferWaitPrefix = "wait="
    package static let maximumAgePrefix = "max-age="
}

/// Why an agent asks; the queue serves first certificates before renewals.
package enum IssuanceReason: String, CaseIterable, Sendable {
    case first
    case renewal
}

/// The projected token that proves which pod is asking.
package enum SigningToken {
    /// Only a token made for podmint is accepted, so a default service account token is worth nothing here.
    package static let audience = "podmint.dev"
    /// The shortest life that an API server grants.
    package static let expirationSeconds = 600
}
