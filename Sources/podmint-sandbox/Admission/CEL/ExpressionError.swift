// SPDX-License-Identifier: Apache-2.0

/// Why an expression cannot be read, or has no value for this object.
enum ExpressionError: Error, Equatable, CustomStringConvertible {
    case syntax(String)
    case unsupported(String)
    case evaluation(String)

    var description: String {
        switch self {
        case .syntax(let what): "compilation failed: \(what)"
        case .unsupported(let what):
            "compilation failed: \(what) (this sandbox evaluates only has(), in, ==, !=, &&, ||, !, size(), "
                + "exists(), exists_one(), all(), filter(), startsWith(), endsWith(), contains(), matches(), duration() and "
                + "field paths; a real API server knows all of CEL)"
        case .evaluation(let what): what
        }
    }
}
