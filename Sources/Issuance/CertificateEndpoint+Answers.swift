// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import OpenSSL
internal import SigningProtocol

/// How an outcome becomes an HTTP answer: here and nowhere else.
extension CertificateEndpoint {
    static func granted(_ issued: IssuedCertificate) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            fields: [
                ("content-type", SigningEndpoint.responseContentType),
                (ProtocolHeader.chainLength.lowercased(), String(issued.chain.count)),
                ("cache-control", "no-store"),
            ],
            body: Array((issued.chain + issued.bundle).map(\.pem).joined().utf8))
    }

    static func refused(_ refusal: Refusal) -> HTTPResponse {
        var response = refused(refusal.status, refusal.message, hint: refusal.hint)
        if let seconds = refusal.retryAfter {
            response.fields.append((ProtocolHeader.retryAfter.lowercased(), String(seconds)))
        }
        if refusal.status == 401 { response.fields.append(("www-authenticate", "Bearer")) }
        return response
    }

    static func refused(_ status: Int, _ message: String, hint: String) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: [("content-type", SigningEndpoint.refusalContentType)],
            body: Array(RefusalText(message, hint: hint).text.utf8))
    }

    static func notAllowed(_ method: String) -> HTTPResponse {
        var response = refused(405, "this path takes \(method) only", hint: "see docs/protocol.md")
        response.fields.append(("allow", method))
        return response
    }
}
