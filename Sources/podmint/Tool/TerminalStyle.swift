// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Colour for people at a terminal, and for nobody else (no-color.org).
struct TerminalStyle {
    static let plain = TerminalStyle(isColoured: false)
    let isColoured: Bool

    static func ofStandardOutput() -> TerminalStyle {
        let refusal = unsafe getenv("NO_COLOR").map { unsafe String(cString: $0) } ?? ""
        let terminal = unsafe getenv("TERM").map { unsafe String(cString: $0) }
        return TerminalStyle(isTerminal: isatty(STDOUT_FILENO) == 1, noColor: refusal, term: terminal)
    }

    init(isTerminal: Bool, noColor: String, term: String?) {
        isColoured = isTerminal && noColor.isEmpty && term != nil && term != "dumb"
    }

    private init(isColoured: Bool) { self.isColoured = isColoured }

    func bold(_ text: String) -> String { painted(text, "1") }
    func dim(_ text: String) -> String { painted(text, "2") }
    func red(_ text: String) -> String { painted(text, "31") }
    func green(_ text: String) -> String { painted(text, "32") }
    func yellow(_ text: String) -> String { painted(text, "33") }

    private func painted(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
