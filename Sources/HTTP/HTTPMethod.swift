// SPDX-License-Identifier: Apache-2.0

/// The request methods that this project answers or sends. Any other is refused with 501. RFC 9110 section 9
package enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}
