// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// An answer before it is bytes.
struct APIAnswer: Sendable {
    var status = 200
    var body: [UInt8]
    var contentType = "application/json"
    var warnings: [String] = []
    var retryAfter: Int?

    init(status: Int = 200, _ value: JSONValue, warnings: [String] = []) {
        self.status = status
        body = value.serialized()
        self.warnings = warnings
    }

    init(status: Int = 200, text: String) {
        self.status = status
        body = Array(text.utf8)
        contentType = "text/plain"
    }

    init(_ error: APIError) {
        self.init(status: error.code, error.status)
        retryAfter = error.retryAfter
    }

    var response: HTTPResponse {
        var fields = [("content-type", contentType), ("cache-control", "no-cache, private")]
        for warning in warnings { fields.append(("warning", "299 - \"\(Self.quoted(warning))\"")) }
        if let retryAfter { fields.append(("retry-after", String(retryAfter))) }
        return HTTPResponse(status: status, fields: fields, body: body)
    }

    /// A quoted string of RFC 9110: no line breaks, quotes and backslashes escaped.
    private static func quoted(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            if scalar.value < 0x20 || scalar.value == 0x7f {
                quoted.append(" ")
            } else {
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted
    }
}
