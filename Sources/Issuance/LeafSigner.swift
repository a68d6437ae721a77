// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
internal import SigningProtocol
internal import Telemetry

/// Why the signer did not sign what was authorised: never the agent's fault, always the log's business.
package enum SigningFailure: Error, CustomStringConvertible {
    case authorityExpired(String)
    case lint([String])
    case audit(String)
    case openSSL(OpenSSLError)
    case verification(String)

    package var description: String {
        switch self {
        case .authorityExpired(let name): "authority \(name) ends too soon to sign anything"
        case .lint(let findings):
            "the certificate is not what was decided: \(findings.joined(separator: "; "))"
        case .audit(let reason): "the audit line was not written: \(reason)"
        case .openSSL(let error): "OpenSSL: \(error)"
        case .verification(let reason): "the signed certificate does not verify: \(reason)"
        }
    }
}

/// Turns the right to a signature into a certificate: build, rehearse with a throwaway key, lint, write the audit
/// line, sign, verify as a peer would, remember. The authority's key is touched only after all that could say no.
package struct LeafSigner: Sendable {
    /// For peers whose clocks are behind.
    static let backdating: Int64 = 5 * 60
    /// Shorter than any life one may ask for; an agent could do nothing with it.
    static let shortestUse: Int64 = 5 * 60

    private let authority: Authority
    private let audit: AuditLog
    private let keys: KeyLedger
    private let clock: IssuanceClock

    package init(authority: Authority, audit: AuditLog, keys: KeyLedger, clock: IssuanceClock = .system) {
        self.authority = authority
        self.audit = audit
        self.keys = keys
        self.clock = clock
    }

    package func sign(_ authorised: consuming AuthorisedIssuance) throws(SigningFailure) -> IssuedCertificate
    {
        let now = clock.now()
        let issuer = authority.issuer
        let request = authorised.request
        let names = authorised.names.names
        let notAfter = min(now + authorised.lifetime.seconds, issuer.certificate.notAfter)
        guard notAfter - now >= Self.shortestUse else { throw .authorityExpired(authority.name) }
        if let recent = keys.recent(
            names: names, policy: request.policy.text, key: request.keyDigest, notAfter: notAfter, at: now)
        {
            return recent
        }
        let lint = CertificateLint(
            names: names, notBefore: max(now - Self.backdating, issuer.certificate.notBefore),
            notAfter: notAfter,
            key: request.signingRequest.publicKey, issuer: issuer.certificate)
        let leaf = try signed(lint, by: issuer) { leaf throws(SigningFailure) in
            let entry = AuditEntry(
                time: now, requestID: request.id, caller: request.caller, policy: request.policy.text,
                keyDigest: request.keyDigest,
                verdict: .issued(
                    serial: leaf.serialHex, notAfter: notAfter, issuer: issuer.certificate.subject,
                    names: names))
            do throws(LineSinkError) { try audit.write(entry) } catch {
                throw SigningFailure.audit(error.reason)
            }
        }
        try verify(leaf, at: now)
        let issued = IssuedCertificate(chain: [leaf], bundle: authority.bundle)
        keys.record(issued, names: names, policy: request.policy.text, key: request.keyDigest, at: now)
        return issued
    }

    /// `beforeSigning` sees the rehearsal: all of the certificate, serial and all, but for its signature.
    private func signed(
        _ lint: CertificateLint, by issuer: CertificateIssuer,
        beforeSigning: (Certificate) throws(SigningFailure) -> Void
    ) throws(SigningFailure) -> Certificate {
        let template = LeafTemplate(names: lint.names, notBefore: lint.notBefore, notAfter: lint.notAfter)
        let unsigned = try Self.blamingOpenSSL { () throws(OpenSSLError) in
            try issuer.prepare(template, for: lint.key)
        }
        let rehearsal = try Self.blamingOpenSSL { () throws(OpenSSLError) in try unsigned.rehearsed() }
        let findings = lint.findings(in: rehearsal)
        guard findings.isEmpty else { throw .lint(findings) }
        try beforeSigning(rehearsal)
        let leaf = try Self.signed(unsigned)
        let surprises = lint.findings(in: leaf)
        guard surprises.isEmpty, leaf.serialHex == rehearsal.serialHex else { throw .lint(surprises) }
        return leaf
    }

    private static func signed(_ unsigned: consuming UnsignedCertificate) throws(SigningFailure)
        -> Certificate
    {
        do { return try unsigned.signed() } catch { throw .openSSL(error) }
    }

    private static func blamingOpenSSL<Value: ~Copyable>(
        _ body: () throws(OpenSSLError) -> Value
    ) throws(SigningFailure) -> Value {
        do { return try body() } catch { throw .openSSL(error) }
    }

    /// As a peer that trusts the authority would, for both sides of a connection.
    private func verify(_ leaf: Certificate, at now: Int64) throws(SigningFailure) {
        for purpose in [ChainPurpose.server, .client] {
            let result = ChainVerifier.verify(
                leaf: leaf, intermediates: [], anchors: [authority.issuer.certificate], at: now,
                purpose: purpose)
            if case .refused(let fault) = result { throw .verification("\(fault)") }
        }
    }
}
