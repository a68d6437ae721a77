// SPDX-License-Identifier: Apache-2.0

/// How the API server is to read a patch.
package enum PatchKind: Hashable, Sendable {
    /// RFC 6902
    case json
    /// RFC 7396
    case merge
    case strategic
    /// Server-side apply; forced, it takes over fields that others manage.
    case apply(force: Bool)

    var contentType: String {
        switch self {
        case .json: "application/json-patch+json"
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        case .apply: "application/apply-patch+yaml"
        }
    }

    var isForced: Bool { self == .apply(force: true) }
}
