// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import KubernetesClient
package import Logging
internal import SigningProtocol

/// What a worker does with one request: authorise, sign, say what went wrong. The only caller of both.
package struct IssuanceWork: Sendable {
    private let authorisation: Authorisation
    private let signer: LeafSigner
    private let audit: AuditLog
    private let events: any EventRecording
    private let denials: RecentDenials
    private let clock: IssuanceClock
    private let logger: Logger

    package init(
        authorisation: Authorisation, signer: LeafSigner, audit: AuditLog, events: any EventRecording,
        denials: RecentDenials, clock: IssuanceClock = .system, logger: Logger
    ) {
        self.authorisation = authorisation
        self.signer = signer
        self.audit = audit
        self.events = events
        self.denials = denials
        self.clock = clock
        self.logger = logger
    }

    func perform(_ request: CheckedRequest) async -> IssuanceQueue.Outcome {
        do throws(Refusal) {
            let authorised = try await authorisation.authorise(request)
            for withheld in authorised.decision.names.withheld {
                logger.debug(
                    "Withheld a name",
                    metadata: [
                        "request": "\(request.id)", "name": "\(withheld.name)",
                        "reason": "\(withheld.reason)",
                    ])
            }
            let controller = authorised.pod.controller
            do throws(Refusal) {
                let issued = try sign(authorised)
                denials.forget(request)
                return .success(issued)
            } catch {
                throw error.about(podOf: controller)
            }
        } catch {
            if error.isDenial { record(error, of: request) }
            denials.note(error, of: request)
            if error.concernsPeople { tell(error, request.caller) }
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
            if case .constrained(let name, let reason) = error {
                throw Refusal.forbidden(
                    .forbiddenName,
                    "authority \"\(name)\" may not vouch for one of the pod's names: \(reason)",
                    hint: "its own name constraints forbid it; use another authority for this policy"
                ).aboutWish()
            }
            throw .internalFault(request: id)
        }
    }

    /// At the pod, and at what made it: its people look there, and pods come and go.
    private func tell(_ refusal: Refusal, _ caller: PodCaller) {
        let pod = ObjectReference.pod(caller.podName, in: caller.namespace, uid: caller.podUID)
        for object in [pod, refusal.owner].compactMap(\.self) {
            events.record(
                on: object, .warning, reason: refusal.code.rawValue,
                message: "No certificate: \(refusal.message). Hint: \(refusal.hint)")
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
