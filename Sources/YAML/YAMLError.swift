// SPDX-License-Identifier: Apache-2.0

/// Where a YAML text is wrong, and what was wanted there. Lines and columns count from 1.
package struct YAMLError: Error, Hashable, CustomStringConvertible {
    package let reason: String
    package let line: Int
    package let column: Int

    package var description: String { "line \(line), column \(column): \(reason)" }
}

/// A place in the text.
struct YAMLMark: Hashable {
    var line = 1
    var column = 1

    func error(_ reason: String) -> YAMLError { YAMLError(reason: reason, line: line, column: column) }
}
