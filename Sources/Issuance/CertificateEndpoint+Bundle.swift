// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// What pods of a policy trust, for anybody who asks: it is public.
extension CertificateEndpoint {
    /// `<namespace>/<policy>`; a policy alone, as it was before there were several, is the cluster's default.
    func bundle(_ path: String) async -> HTTPResponse {
        let parts = path.dropFirst(SigningEndpoint.bundlePrefix.count).split(
            separator: "/", omittingEmptySubsequences: false
        ).map(String.init)
        let namespace = parts.count == 2 ? parts[0] : ""
        guard (1...2).contains(parts.count), parts.count == 1 || DNSRules.isLabel(namespace),
            let policy = parts.last.flatMap({ PolicyName(parsing: $0) }),
            parts.count == 2 || policy == .standard
        else { return Self.noPolicy }
        do throws(Refusal) {
            let bundle = try await authorities.bundle(for: policy, in: namespace)
            return HTTPResponse(
                status: 200, fields: [("content-type", SigningEndpoint.responseContentType)],
                body: bundles.text(of: bundle, at: path))
        } catch { return error.code == .policyUnusable ? Self.noPolicy : Self.refused(error) }
    }

    private static var noPolicy: HTTPResponse {
        refused(
            404, "there is no such policy",
            hint:
                "ask for \(SigningEndpoint.bundlePrefix)<namespace>/<policy>, as kubectl get tlspolicies -A lists them"
        )
    }
}
