// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// A webhook's decision, and its bytes. Always sent with HTTP 200: any other status is a failed webhook, not a no.
package struct AdmissionResponse: Sendable {
    package enum Verdict: Sendable {
        case allow
        /// A serialised JSON Patch.
        case patch([UInt8])
        case deny(Denial)
    }

    /// What was decided where nothing is changed or refused (`podmint.dev/injection: audit`).
    package enum Audited: Sendable { case patch, deny }

    package var verdict: Verdict
    package var warnings: [String]
    package var audited: Audited?

    package init(_ verdict: Verdict, warnings: [String] = [], audited: Audited? = nil) {
        self.verdict = verdict
        self.warnings = warnings
        self.audited = audited
    }

    package static var allow: AdmissionResponse { AdmissionResponse(.allow) }

    package var isAllowed: Bool {
        if case .deny = verdict { false } else { true }
    }

    /// Neither changes nor refuses anything.
    package var isPlain: Bool {
        if case .allow = verdict { true } else { false }
    }

    /// The whole AdmissionReview that answers the request with this UID.
    package func review(answering uid: String) -> [UInt8] {
        var writer = JSONWriter(reserving: 512 + patchBytes / 3 * 4)
        writer.beginObject()
        writer.key("kind" as StaticString)
        writer.string("AdmissionReview" as StaticString)
        writer.key("apiVersion" as StaticString)
        writer.string("admission.k8s.io/v1" as StaticString)
        writer.key("response" as StaticString)
        writer.beginObject()
        writer.key("uid" as StaticString)
        writer.string(uid)
        writer.key("allowed" as StaticString)
        writer.bool(isAllowed)
        switch verdict {
        case .allow: break
        case .patch(let patch):
            writer.key("patchType" as StaticString)
            writer.string("JSONPatch" as StaticString)
            writer.key("patch" as StaticString)
            // Base64 needs no escapes, so it goes straight in.
            writer.string(unescaped: Base64.size(of: patch)) { Base64.append(patch, to: &$0) }
        case .deny(let denial): denial.write(to: &writer)
        }
        write(warnings: warnings, to: &writer)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    private var patchBytes: Int {
        if case .patch(let patch) = verdict { patch.count } else { 0 }
    }

    private func write(warnings: [String], to writer: inout JSONWriter) {
        guard !warnings.isEmpty else { return }
        var seen: Set<String> = []
        writer.key("warnings" as StaticString)
        writer.beginArray()
        for warning in warnings.lazy.map(Self.printable) where seen.insert(warning).inserted {
            writer.string(warning)
        }
        writer.endArray()
    }

    /// The server refuses control characters in warnings and cuts them at 256 characters when all together pass 4096.
    private static func printable(_ warning: String) -> String {
        let characters = warning.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
        guard characters.count > 256 else { return String(String.UnicodeScalarView(characters)) }
        return String(String.UnicodeScalarView(characters.prefix(255))) + "…"
    }
}

/// A refusal, as the `status` of an answer.
package struct Denial: Hashable, Sendable {
    /// HTTP status for the client: 403 for what is not allowed, 422 for what is malformed. Below 400 the server makes it 400.
    package let code: Int
    /// `metav1.StatusReason`.
    package let reason: String
    package let message: String
    package let causes: [Cause]
    /// In seconds; the API server makes it the `Retry-After` of its answer, and clients try again by themselves.
    package let retryAfter: Int?

    package init(code: Int, reason: String, message: String, causes: [Cause], retryAfter: Int? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retryAfter = retryAfter
    }

    package struct Cause: Hashable, Sendable {
        package let code, message, field: String

        package init(code: String, message: String, field: String) {
            (self.code, self.message, self.field) = (code, message, field)
        }
    }

    package static func forbidden(_ message: String, causes: [Cause] = []) -> Denial {
        Denial(code: 403, reason: "Forbidden", message: message, causes: causes)
    }

    /// The reason is not "Invalid": kubectl then prints the causes alone, and nobody learns which webhook refused.
    package static func invalid(_ message: String, causes: [Cause] = []) -> Denial {
        Denial(code: 422, reason: "BadRequest", message: message, causes: causes)
    }

    /// Cannot be decided yet: to be asked again.
    package static func notYet(_ message: String) -> Denial {
        Denial(code: 503, reason: "ServiceUnavailable", message: message, causes: [], retryAfter: 1)
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.key("status" as StaticString)
        writer.beginObject()
        writer.key("status" as StaticString)
        writer.string("Failure" as StaticString)
        writer.key("message" as StaticString)
        writer.string(message)
        writer.key("reason" as StaticString)
        writer.string(reason)
        writer.key("code" as StaticString)
        writer.integer(code)
        if !causes.isEmpty || retryAfter != nil { writeDetails(to: &writer) }
        writer.endObject()
    }

    private func writeDetails(to writer: inout JSONWriter) {
        writer.key("details" as StaticString)
        writer.beginObject()
        if let retryAfter {
            writer.key("retryAfterSeconds" as StaticString)
            writer.integer(retryAfter)
        }
        writer.key("causes" as StaticString)
        writer.beginArray()
        for cause in causes {
            writer.beginObject()
            writer.key("reason" as StaticString)
            writer.string(cause.code)
            writer.key("message" as StaticString)
            writer.string(cause.message)
            writer.key("field" as StaticString)
            writer.string(cause.field)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
