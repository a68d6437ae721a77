// SPDX-License-Identifier: Apache-2.0
package import Logging
internal import SigningProtocol

/// What a worker does with one request: authorise, sign, say what went wrong. The only caller of both.
package struct IssuanceWork: Sendable {
    private let authorisation: Authorisation
    private let signer: LeafSigner
    private let audit: AuditLog
    private let clock: IssuanceClock
    private let logger: Logger

    package init(
        authorisation: Authorisation, signer: LeafSigner, audit: AuditLog, clock: IssuanceClock = .system,
        logger: Logger
    ) {
        self.authorisation = authorisation
        self.signer = signer
        self.audit = audit
        self.clock = clock
        self.logger = logger
    }

    func perform(_ request: CheckedRequest) async -> IssuanceQueue.Outcome {
        do {
            let authorised = try await authorisation.authorise(request)
            for withheld in authorised.names.withheld {
                logger.debug(
                    "Withheld a name",
                    metadata: [
                        "request": "\(request.id)", "name": "\(withheld.name)",
                        "reason": "\(withheld.reason)",
                    ])
            }
            return .success(try sign(authorised))
        } catch {
            if error.isDenial { record(error, of: request) }
            return .failure(error)
        }
    }

    private func sign(_ authorised: consuming AuthorisedIssuance) throws(Refusal) -> IssuedCertificate {
        let id = authorised.request.id
        do { return try signer.sign(authorised) } catch {
            logger.error(
                "Could not sign a certificate", metadata: ["request": "\(id)", "reason": "\(error)"])
            if case .authorityExpired(let name) = error {
                throw .later(
                    .authorityExpired, "authority \"\(name)\" ends too soon to sign anything",
                    hint: "an admin must renew it; what pods have stays valid until it ends", after: 300)
            }
            throw .internalFault(request: id)
        }
    }

    private func record(_ refusal: Refusal, of request: CheckedRequest) {
        let entry = AuditEntry(
            time: clock.now(), requestID: request.id, caller: request.caller, policy: request.policy.text,
            keyDigest: request.keyDigest, verdict: .denied(refusal))
        do { try audit.write(entry) } catch {
            logger.error(
                "Could not write a denial to the audit",
                metadata: ["request": "\(request.id)", "reason": "\(error)"])
        }
    }
}
