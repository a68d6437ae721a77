// SPDX-License-Identifier: Apache-2.0

/// How a command ends when it does not end well: one line of what, one hint, and an exit code by kind.
enum ToolFailure: Error {
    /// Exit code 1.
    case failed(String, hint: String)
    /// Exit code 2.
    case usedWrongly(String, hint: String)
    /// Exit code 3; the faults have been printed already.
    case foundFaulty

    var exitCode: Int32 {
        switch self {
        case .failed: 1
        case .usedWrongly: 2
        case .foundFaulty: 3
        }
    }

    /// As a tired operator wants it: what, then what to try.
    var text: String {
        switch self {
        case .failed(let what, let hint), .usedWrongly(let what, let hint): "error: \(what)\nhint: \(hint)"
        case .foundFaulty: ""
        }
    }
}
