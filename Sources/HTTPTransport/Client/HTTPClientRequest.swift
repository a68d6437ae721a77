// SPDX-License-Identifier: Apache-2.0
package import HTTP

/// One request of a client. `path` begins with `/` and carries the query.
package struct HTTPClientRequest: Sendable {
    package var method: HTTPMethod
    package var path: String
    package var fields: [(String, String)]
    package var body: [UInt8]

    package init(method: HTTPMethod = .get, path: String, fields: [(String, String)] = [], body: [UInt8] = [])
    {
        self.method = method
        self.path = path
        self.fields = fields
        self.body = body
    }

    /// RFC 9110 section 9.2.2: sending it twice does what sending it once does.
    var isIdempotent: Bool {
        switch method {
        case .get, .head, .put, .delete, .options: true
        case .post, .patch: false
        }
    }
}
