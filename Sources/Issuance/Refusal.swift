// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
internal import SigningProtocol

/// Why an agent does not get a certificate now: for the agent a status and two lines, for the audit and the
/// metrics a stable code. Built only by its own factories, so that code, status and wording stay in one place.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable; appears in audit lines and as a metric's label.
    package enum Code: String, CaseIterable, Sendable {
        case badRequest = "BadRequest"
        case tooLarge = "TooLarge"
        case tokenMissing = "TokenMissing"
        case tokenRejected = "TokenRejected"
        case podGone = "PodGone"
        case podMismatch = "PodMismatch"
        case policyUnusable = "PolicyUnusable"
        case authorityUnusable = "AuthorityUnusable"
        case authorityPending = "AuthorityPending"
        case forbiddenUsage = "ForbiddenUsage"
        case namespaceNotOptedIn = "NamespaceNotOptedIn"
        case notInjected = "NotInjected"
        case forbiddenName = "ForbiddenName"
        case forbiddenKey = "ForbiddenKey"
        case rateLimited = "RateLimited"
        case queueFull = "QueueFull"
        case busy = "Busy"
        case superseded = "Superseded"
        case stopping = "Stopping"
        case addressPending = "AddressPending"
        case apiUnavailable = "ApiUnavailable"
        case authorityExpired = "AuthorityExpired"
        case internalFault = "InternalFault"
    }

    package let code: Code
    package let status: Int
    package let message: String
    package let hint: String
    /// Seconds after which asking again makes sense.
    package let retryAfter: Int?
    /// What made the pod that this is about, where the pod was seen.
    package private(set) var owner: ObjectReference?
    /// It is about what policy and annotations ask for, which asking again does not change; not about this request.
    package private(set) var isOfWish = false

    init(_ code: Code, status: Int, _ message: String, hint: String, retryAfter: Int? = nil) {
        self.code = code
        self.status = status
        self.message = message
        self.hint = hint
        self.retryAfter = retryAfter
    }

    package var description: String { message }
    package var text: String { RefusalText(message, hint: hint).text }

    /// A verdict on who asks for what, which belongs in the audit; the others only say "not now" or "not so".
    package var isDenial: Bool { status == 401 || status == 403 }

    /// Whether somebody must mend something, and would look for it at the pod.
    package var concernsPeople: Bool {
        switch code {
        case .podMismatch, .namespaceNotOptedIn, .notInjected, .forbiddenName, .forbiddenUsage, .forbiddenKey,
            .policyUnusable, .authorityUnusable, .authorityExpired:
            true
        default: false
        }
    }

    func aboutWish() -> Refusal {
        var copy = self
        copy.isOfWish = true
        return copy
    }

    func about(podOf owner: ObjectReference?) -> Refusal {
        var copy = self
        copy.owner = owner
        return copy
    }
}

extension Refusal {
    static func badRequest(_ message: String, hint: String) -> Refusal {
        Refusal(.badRequest, status: 400, message, hint: hint)
    }

    static func forbidden(_ code: Code, _ message: String, hint: String) -> Refusal {
        Refusal(code, status: 403, message, hint: hint)
    }

    static func tokenRejected(_ message: String, hint: String) -> Refusal {
        Refusal(.tokenRejected, status: 401, message, hint: hint)
    }

    static func later(_ code: Code, _ message: String, hint: String, after seconds: Int) -> Refusal {
        Refusal(code, status: 503, message, hint: hint, retryAfter: seconds)
    }

    static func apiUnavailable(_ what: String) -> Refusal {
        later(
            .apiUnavailable, "the Kubernetes API did not answer podmint's \(what)",
            hint: "nothing is wrong with this pod; it is tried again by itself", after: 5)
    }

    /// The reason goes to the log; the peer learns only that it is not its fault.
    static func internalFault(request id: String) -> Refusal {
        later(
            .internalFault, "podmint could not sign just now",
            hint: "podmint's log says why; look for request \(id)", after: 30)
    }
}
