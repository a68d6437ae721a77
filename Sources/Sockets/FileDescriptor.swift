// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The one owner of a file descriptor; close(2) when it goes out of scope.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: CInt

    package init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Gives the descriptor away: closing it is now the receiver's duty.
    package consuming func release() -> CInt {
        let value = rawValue
        discard self
        return value
    }
}
