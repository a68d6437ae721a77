// SPDX-License-Identifier: Apache-2.0

/// Why the way to the API server is not known or cannot be used, and what to do about it.
package struct ClusterAccessError: Error, Hashable, CustomStringConvertible {
    package let what: String
    package let hint: String

    package init(_ what: String, hint: String) {
        self.what = what
        self.hint = hint
    }

    package var description: String { "\(what); \(hint)" }
}
