// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What the leaf of a chain is to be used for.
package enum ChainPurpose: Hashable, Sendable {
    case server
    case client
    /// Trust alone; usages are not looked at.
    case any
}

/// Why a chain does not lead to an anchor.
package struct ChainFault: Hashable, Sendable, CustomStringConvertible {
    package enum Cause: Hashable, Sendable {
        case issuerMissing
        case untrustedRoot
        case expired
        case notYetValid
        case badSignature
        case notAnAuthority
        case pathLength
        case tooLong
        case nameConstraints
        case usage
        case weak
        /// Refused before OpenSSL was asked: a key that is computed with nowhere, or more certificates than are looked at.
        case refused
        case other
    }

    package let cause: Cause
    /// OpenSSL's words.
    package let reason: String
    /// 0 is the leaf.
    package let depth: Int
    package let certificate: Certificate?

    package var description: String {
        guard let certificate else { return reason }
        return "\(reason) (at depth \(depth), \(certificate.subject))"
    }
}

package enum ChainResult: Hashable, Sendable {
    /// Leaf first, the anchor last.
    case trusted([Certificate])
    case refused(ChainFault)
}

/// Asks OpenSSL whether a leaf leads to an anchor (`X509_verify_cert`). An anchor may be any certificate, not only a
/// root. Policies are never evaluated: their tree grew exponentially (CVE-2023-0464).
package enum ChainVerifier {
    /// Issuers between leaf and anchor: all that a chain file holds beside the leaf.
    package static let depth = 9
    /// A chain file holds ten certificates at most, a bundle 150: see `PEM.Limits`.
    private static let mostIntermediates = 160
    private static let mostAnchors = 300
    /// Of those, as many as may have to do with one chain by name. Each is parsed once more, for 120 µs.
    private static let mostCandidates = 40

    /// `at` nil leaves validity alone, for callers that report it by their own rules.
    package static func verify(
        leaf: Certificate, intermediates: [Certificate], anchors: [Certificate], at time: Int64?,
        purpose: ChainPurpose = .any
    ) -> ChainResult {
        guard intermediates.count <= mostIntermediates, anchors.count <= mostAnchors else {
            return .refused(
                ChainFault(cause: .refused, reason: "too many certificates", depth: 0, certificate: nil))
        }
        for certificate in [leaf] + intermediates {
            guard let objection = certificate.publicKey.objection else { continue }
            // No signature is checked with the leaf's own key.
            if certificate == leaf, objection == .otherKind { continue }
            return .refused(
                ChainFault(
                    cause: .refused, reason: "its key \(objection.rawValue)", depth: 0,
                    certificate: certificate))
        }
        do {
            let members = reached(from: leaf, in: intermediates)
            let named = anchors.filter { anchor in
                members.contains { $0.namesIssuer(anchor) || $0.hasSubject(of: anchor) }
            }
            let candidates = Set(named.filter { $0.publicKey.objection == nil })
            guard candidates.count <= mostCandidates else {
                return .refused(
                    ChainFault(
                        cause: .refused,
                        reason:
                            "\(candidates.count) certificates to trust have the names of its issuers; at most \(mostCandidates) are tried",
                        depth: 0, certificate: nil))
            }
            let result = try run(
                leaf, Array(members.dropFirst()), named.filter(candidates.contains), time, purpose)
            return explained(result, named)
        } catch {
            return .refused(ChainFault(cause: .other, reason: "\(error)", depth: 0, certificate: nil))
        }
    }

    /// The leaf, and what by name might lead on from it: the rest of a file is of no account.
    private static func reached(from leaf: Certificate, in intermediates: [Certificate]) -> [Certificate] {
        var members = [leaf]
        var left = intermediates
        var next = 0
        while next < members.count {
            let member = members[next]
            next += 1
            members += left.filter(member.namesIssuer)
            left.removeAll(where: member.namesIssuer)
        }
        return members
    }

    /// An anchor whose key nobody computes with is there all the same, and is not what is missing.
    private static func explained(_ result: ChainResult, _ named: [Certificate]) -> ChainResult {
        guard case .refused(let fault) = result, [.issuerMissing, .untrustedRoot].contains(fault.cause),
            let anchor = named.first(where: { $0.publicKey.objection != nil }),
            let objection = anchor.publicKey.objection
        else { return result }
        return .refused(
            ChainFault(
                cause: .refused, reason: "its key \(objection.rawValue)", depth: fault.depth,
                certificate: anchor))
    }

    private static func run(
        _ leaf: Certificate, _ intermediates: [Certificate], _ anchors: [Certificate], _ time: Int64?,
        _ purpose: ChainPurpose
    ) throws(OpenSSLError) -> ChainResult {
        let untrusted = try CertificateStack(intermediates)
        let trusted = try CertificateStack(anchors)
        let whole = try leaf.whole()
        let context = try openSSL("X509_STORE_CTX_new") { X509_STORE_CTX_new() }
        defer { X509_STORE_CTX_free(context) }
        try check("X509_STORE_CTX_init") {
            X509_STORE_CTX_init(context, nil, whole, untrusted.pointer)
        }
        X509_STORE_CTX_set0_trusted_stack(context, trusted.pointer)
        try configure(X509_STORE_CTX_get0_param(context), time, purpose)

        ERR_clear_error()
        defer { ERR_clear_error() }
        // The certificates of the two stacks must outlive the call; their owners do.
        let verified = withExtendedLifetime((untrusted, trusted, leaf)) { X509_verify_cert(context) }
        guard verified == 1 else { return .refused(fault(of: context)) }
        var chain: [Certificate] = []
        let found = X509_STORE_CTX_get0_chain(context)
        for index in 0..<shim_sk_X509_num(found) {
            if let member = shim_sk_X509_value(found, index) {
                chain.append(try Certificate(sharing: member))
            }
        }
        return .trusted(chain)
    }

    private static func configure(
        _ parameters: OpaquePointer?, _ time: Int64?, _ purpose: ChainPurpose
    ) throws(OpenSSLError) {
        var flags = UInt(X509_V_FLAG_PARTIAL_CHAIN)
        if let time {
            X509_VERIFY_PARAM_set_time(parameters, Int(time))
        } else {
            flags |= UInt(X509_V_FLAG_NO_CHECK_TIME)
        }
        try check("X509_VERIFY_PARAM_set_flags") { X509_VERIFY_PARAM_set_flags(parameters, flags) }
        X509_VERIFY_PARAM_set_depth(parameters, CInt(depth))
        switch purpose {
        case .any: break
        case .server:
            try check("X509_VERIFY_PARAM_set_purpose") {
                X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER)
            }
        case .client:
            try check("X509_VERIFY_PARAM_set_purpose") {
                X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT)
            }
        }
    }

    private static func fault(of context: OpaquePointer) -> ChainFault {
        let code = X509_STORE_CTX_get_error(context)
        let text = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "error \(code)"
        let certificate = X509_STORE_CTX_get_current_cert(context).flatMap { try? Certificate(sharing: $0) }
        return ChainFault(
            cause: cause(of: code), reason: text, depth: Int(X509_STORE_CTX_get_error_depth(context)),
            certificate: certificate)
    }

    private static func cause(of code: CInt) -> ChainFault.Cause {
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            .issuerMissing
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_CERT_UNTRUSTED,
            X509_V_ERR_CERT_REJECTED:
            .untrustedRoot
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE: .badSignature
        case X509_V_ERR_INVALID_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN, X509_V_ERR_INVALID_NON_CA:
            .notAnAuthority
        case X509_V_ERR_PATH_LENGTH_EXCEEDED: .pathLength
        case X509_V_ERR_CERT_CHAIN_TOO_LONG: .tooLong
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION: .nameConstraints
        case X509_V_ERR_INVALID_PURPOSE: .usage
        case X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK, X509_V_ERR_EE_KEY_TOO_SMALL: .weak
        default: .other
        }
    }
}

/// A `STACK_OF(X509)` for one call; it borrows the certificates, which this keeps alive.
private final class CertificateStack {
    let pointer: OpaquePointer
    private let certificates: [Certificate]

    init(_ certificates: [Certificate]) throws(OpenSSLError) {
        self.certificates = certificates
        pointer = try openSSL("sk_X509_new") { shim_sk_X509_new() }
        for certificate in certificates {
            guard shim_sk_X509_push(pointer, try certificate.whole()) > 0 else {
                throw OpenSSLError("sk_X509_push")
            }
        }
    }

    deinit { shim_sk_X509_free(pointer) }
}
