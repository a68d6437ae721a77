// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A failed system call: which one, and the `errno` it left.
package struct SystemCallError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let code: CInt

    package init(_ call: StaticString, code: CInt = errno) {
        self.call = "\(call)"
        self.code = code
    }

    package var description: String {
        guard let text = strerror(code) else { return "\(call): error \(code)" }
        return "\(call): \(String(cString: text))"
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.code == right.code && left.call == right.call
    }
}

/// Repeats a call that a signal interrupted; -1 becomes an error.
@discardableResult
func systemCall(_ name: StaticString, _ call: () -> CInt) throws(SystemCallError) -> CInt {
    while true {
        let result = call()
        if result >= 0 { return result }
        guard errno == EINTR else { throw SystemCallError(name) }
    }
}
