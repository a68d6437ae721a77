// SPDX-License-Identifier: Apache-2.0

/// One answer, whole. The encoder adds content-length; `fields` must not say it.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var fields: [(String, String)]
    package var body: [UInt8]

    package init(status: Int, fields: [(String, String)] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A line for people.
    package static func text(_ status: Int, _ message: String) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: [("content-type", "text/plain; charset=utf-8")],
            body: Array(message.utf8) + [0x0A])
    }

    package static func json(_ status: Int = 200, _ body: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, fields: [("content-type", "application/json")], body: body)
    }

    /// The value of the first field of that name, case aside.
    package subscript(name: String) -> String? {
        fields.first { $0.0.utf8.elementsEqual(name.utf8) { ASCII.lowercased($0) == ASCII.lowercased($1) } }?
            .1
    }
}
