// SPDX-License-Identifier: Apache-2.0
package import JSON

/// authentication.k8s.io/v1 TokenReview: what the API server answered.
///
/// Only reads the answer; who may do what with it is decided where it is used.
package struct TokenReview: Sendable, Hashable {
    package var isAuthenticated: Bool
    package var error: String
    /// The audiences that are both the token's and among those asked for.
    package var audiences: [String]
    package var username: String
    package var extra: [String: [String]]

    package init(
        isAuthenticated: Bool, error: String = "", audiences: [String] = [], username: String = "",
        extra: [String: [String]] = [:]
    ) {
        self.isAuthenticated = isAuthenticated
        self.error = error
        self.audiences = audiences
        self.username = username
        self.extra = extra
    }

    package init(_ object: JSONView) throws(RecordError) {
        guard let status = object["status"] else { throw RecordError(kind: "TokenReview", field: "status") }
        isAuthenticated = status["authenticated"]?.bool ?? false
        error = status["error"]?.string ?? ""
        audiences = status["audiences"]?.elements.compactMap(\.string) ?? []
        let user = status["user"]
        username = user?["username"]?.string ?? ""
        extra = [:]
        if let members = user?["extra"]?.members {
            for (key, values) in members { extra[key] = values.elements.compactMap(\.string) }
        }
    }
}
