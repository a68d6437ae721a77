// SPDX-License-Identifier: Apache-2.0

/// Why a text is not the JSON that was wanted: what was found, and where if that is known.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    package let reason: String
    /// Bytes from the start of the text.
    package let offset: Int?

    package init(_ reason: String, offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String {
        guard let offset else { return reason }
        return "\(reason) (at byte \(offset))"
    }
}
