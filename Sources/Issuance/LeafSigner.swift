// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import OpenSSL
internal import SigningProtocol
internal import Telemetry

/// Why the signer did not sign what was authorised: never the agent's fault, always the log's business.
package enum SigningFailure: Error, CustomStringConvertible {
    case authorityExpired(String)
    /// Seconds since the epoch: a clock was wrong when the authority was made, or is now.
    case authorityNotYetValid(String, from: Int64, now: Int64)
    case lint([String])
    case audit(String)
    case openSSL(OpenSSLError)
    case verification(String)
    /// The authority's own certificate forbids it to vouch for such a name.
    case constrained(authority: String, String)

    package var description: String {
        switch self {
        case .authorityExpired(let name): "authority \(name) ends too soon to sign anything"
        case .authorityNotYetValid(let name, let start, let now):
            "authority \(name) is valid from \(Timestamp(secondsSinceEpoch: start)) on, and this machine's clock "
                + "says \(Timestamp(secondsSinceEpoch: now)): one of them is wrong"
        case .lint(let findings):
            "the certificate is not what was decided: \(findings.joined(separator: "; "))"
        case .audit(let reason): "the audit line was not written: \(reason)"
        case .openSSL(let error): "OpenSSL: \(error)"
        case .constrained(let name, let reason): "authority \(name) may not vouch for the names: \(reason)"
        case .verification(let reason): "the signed certificate does not verify: \(reason)"
        }
    }
}

/// Turns the right to a signature into a certificate: build, rehearse with a throwaway key, lint, write the audit
/// line, sign, verify as a peer would, remember. The authority's key is touched only after all that could say no.
package struct LeafSigner: Sendable {
    /// For peers whose clocks are behind.
    static let backdating = CertificateLifetime.backdating
    /// Shorter than any life one may ask for; an agent could do nothing with it.
    static let shortestUse: Int64 = 5 * 60

    private let audit: AuditLog
    private let keys: KeyLedger
    private let clock: IssuanceClock

    package init(audit: AuditLog, keys: KeyLedger, clock: IssuanceClock = .system) {
        self.audit = audit
        self.keys = keys
        self.clock = clock
    }

    package func sign(_ authorised: consuming AuthorisedIssuance) throws(SigningFailure) -> IssuedCertificate
    {
        let now = clock.now()
        let authority = authorised.authority
        let issuer = authority.issuer
        let request = authorised.request
        let decision = authorised.decision
        let names = decision.names.names
        let start = issuer.certificate.notBefore
        guard now >= start else { throw .authorityNotYetValid(authority.name, from: start, now: now) }
        let notAfter = min(now + authorised.lifetime.seconds, authority.end)
        guard notAfter - now >= Self.shortestUse else { throw .authorityExpired(authority.name) }
        let terms = KeyLedger.Terms(
            policy: request.policy.text, names: names, usages: decision.usages,
            commonName: decision.commonName,
            issuer: issuer.certificate, bundle: authorised.bundle)
        if let recent = keys.recent(terms, key: request.keyDigest, notAfter: notAfter, at: now) {
            return recent
        }
        let lint = CertificateLint(
            names: names, notBefore: max(now - Self.backdating, issuer.certificate.notBefore),
            notAfter: notAfter,
            key: request.signingRequest.publicKey, issuer: issuer.certificate,
            usages: decision.usages, commonName: decision.commonName)
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
        try verify(leaf, of: authority, for: decision.usages, at: now)
        let issued = IssuedCertificate(chain: [leaf] + authority.intermediates, bundle: authorised.bundle)
        keys.record(issued, terms, key: request.keyDigest, at: now)
        return issued
    }

    /// `beforeSigning` sees the rehearsal: all of the certificate, serial and all, but for its signature.
    private func signed(
        _ lint: CertificateLint, by issuer: CertificateIssuer,
        beforeSigning: (Certificate) throws(SigningFailure) -> Void
    ) throws(SigningFailure) -> Certificate {
        let template = LeafTemplate(
            names: lint.names, notBefore: lint.notBefore, notAfter: lint.notAfter, usages: lint.usages,
            commonName: lint.commonName)
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

    /// As a peer that trusts the authority would, for each use that the certificate is for.
    private func verify(
        _ leaf: Certificate, of authority: Authority, for usages: [ExtendedKeyUsage], at now: Int64
    ) throws(SigningFailure) {
        for usage in usages {
            let result = ChainVerifier.verify(
                leaf: leaf, intermediates: authority.intermediates, anchors: authority.bundle, at: now,
                purpose: usage == .clientAuth ? .client : .server)
            guard case .refused(let fault) = result else { continue }
            guard fault.cause != .nameConstraints else {
                throw .constrained(authority: authority.name, fault.reason)
            }
            throw .verification("\(fault)")
        }
    }
}
