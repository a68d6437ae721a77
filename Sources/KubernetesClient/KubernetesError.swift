// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Why the API server did not do what was asked.
package enum KubernetesError: Error, Hashable, Sendable {
    /// It answered no. `reason` is its stable word ("NotFound", "Conflict"); empty when the answer was no
    /// Status.
    case status(code: Int, reason: String, message: String, retryAfter: Duration? = nil)
    case timedOut(String)
    case unreachable(String)
    /// It answered something that is not the Kubernetes API's.
    case malformed(String)
    /// Our own credentials cannot be read.
    case credentials(String)

    /// From an answer that says no, whether its body is a Status or not.
    init(status code: Int, body: [UInt8], retryAfter field: String?) {
        let document = try? JSONDocument(body)
        let status = document?.root
        let isStatus = status?["kind"]?.isString("Status") == true
        let seconds = field.flatMap { Int64($0) } ?? status?.at("details", "retryAfterSeconds")?.integer
        self = .status(
            code: code,
            reason: (isStatus ? status?["reason"]?.string : nil) ?? "",
            message: (isStatus ? status?["message"]?.string : nil) ?? Self.firstLine(of: body),
            // A server that says an hour is as good as one that says five minutes: we ask again then.
            retryAfter: seconds.map { .seconds(min(max($0, 0), 300)) })
    }

    /// From a Status object inside a watch.
    init(status: JSONView) {
        self = .status(
            code: Int(status["code"]?.integer ?? 0), reason: status["reason"]?.string ?? "",
            message: status["message"]?.string ?? "the watch reported an error without saying which",
            retryAfter: status.at("details", "retryAfterSeconds")?.integer.map {
                .seconds(min(max($0, 0), 300))
            })
    }

    init(_ failure: RequestFailure, _ doing: String) {
        switch failure {
        case .timedOut: self = .timedOut(doing)
        case .unreachable(let why): self = .unreachable(why)
        }
    }

    package var code: Int? {
        if case .status(let code, _, _, _) = self { code } else { nil }
    }

    package var reason: String? {
        if case .status(_, let reason, _, _) = self { reason } else { nil }
    }

    package var retryAfter: Duration? {
        if case .status(_, _, _, let retryAfter) = self { retryAfter } else { nil }
    }

    package var isNotFound: Bool { code == 404 }
    package var isConflict: Bool { code == 409 && reason != "AlreadyExists" }
    package var isAlreadyExists: Bool { code == 409 && reason == "AlreadyExists" }
    package var isForbidden: Bool { code == 403 }
    package var isUnauthorized: Bool { code == 401 }
    /// It was understood, and somebody must mend something before it is done: by RBAC, a quota, a policy, another webhook
    /// (which may say 400, too).
    package var isRefusal: Bool { code == 400 || code == 403 || code == 422 }
    /// The resource version or continue token is too old.
    package var isGone: Bool { code == 410 || reason == "Expired" || reason == "Gone" }

    /// Nobody answered, not even no.
    package var isSilence: Bool {
        switch self {
        case .timedOut, .unreachable: true
        case .status, .malformed, .credentials: false
        }
    }

    /// Whether the same request may succeed a little later.
    package var isTransient: Bool {
        switch self {
        case .status(let code, _, _, _): code == 429 || code >= 500
        case .timedOut, .unreachable: true
        case .malformed, .credentials: false
        }
    }

    private static func firstLine(of body: [UInt8]) -> String {
        let line = body.prefix(200).prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? "(no explanation)" : String(decoding: line, as: UTF8.self)
    }
}

extension KubernetesError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .status(let code, let reason, let message, _):
            reason.isEmpty ? "the API server answered \(code): \(message)" : "\(message) (\(code) \(reason))"
        case .timedOut(let doing): "the API server did not answer in time (\(doing))"
        case .unreachable(let why): "the API server cannot be reached: \(why)"
        case .malformed(let what): "the API server's answer is not understood: \(what)"
        case .credentials(let what): "podmint's own credentials cannot be used: \(what)"
        }
    }
}
