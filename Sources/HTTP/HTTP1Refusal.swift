// SPDX-License-Identifier: Apache-2.0

/// Why a message was not taken: the peer's fault. After it the connection is closed, since where the next
/// message would begin is no longer certain.
package struct HTTP1Refusal: Error, Equatable, CustomStringConvertible {
    /// What a server answers with; a client only reports the reason.
    package let status: Int
    package let reason: String

    package init(status: Int = 400, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    package var description: String { reason }
}
