// SPDX-License-Identifier: Apache-2.0
package import Buffers

/// One request as a handler sees it, on its connection's thread: copy what must live longer.
package struct HTTPRequest {
    package var method: HTTPMethod
    /// The target before `?`, as sent: nothing is percent-decoded and no dot segment is removed.
    package var path: String
    /// The target after `?`; nil without one.
    package var query: String?
    package var fields: HTTPFields
    package var body: ByteBuffer
    /// The peer's IP address in text, where there is one.
    package var peer: String?

    package init(
        method: HTTPMethod = .get, path: String = "/", query: String? = nil,
        fields: HTTPFields = HTTPFields(),
        body: ByteBuffer = ByteBuffer(minimumCapacity: 64), peer: String? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.peer = peer
    }

    /// A query parameter, as sent: `a=b&c=d`, not decoded.
    package func queryValue(_ name: String) -> Substring? {
        guard let query else { return nil }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name { return parts.count > 1 ? parts[1] : "" }
        }
        return nil
    }
}

// Sharing a body between threads would race; what must cross is copied out.
@available(*, unavailable)
extension HTTPRequest: Sendable {}
