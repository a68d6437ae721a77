// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// Why there is no (new) certificate yet; sorted by how soon another try makes sense.
struct AgentFailure: Error, Hashable, CustomStringConvertible {
    enum Kind: Hashable {
        /// podmint was not reached, or said so little that it may not have been podmint.
        case unreachable
        /// podmint asks for patience (429, 503).
        case busy(retryAfter: Int64?)
        /// podmint said no (400, 401, 403, 404, 413): only a change by a person, or a fresh token, helps.
        case refused
        /// What came back cannot be used.
        case unusableAnswer
        /// This pod's own files: token, trust, volume.
        case local
    }

    let kind: Kind
    let message: String
    let hint: String?

    init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    /// One line: what, then `hint:` what to try.
    var description: String { hint.map { "\(message) (hint: \($0))" } ?? message }
}
