// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// One line for each thing that happened, on standard error. A failure that stays the same is repeated every ten
/// minutes only, with how often it happened, so that a pod that waits for days keeps a small log.
struct AgentLog {
    private let write: (String) -> Void
    private var lastFailure = ""
    private var printedAt: Int64 = 0
    private var unprinted = 0

    init(write: @escaping (String) -> Void) { self.write = write }

    static var standardError: AgentLog { AgentLog(write: printError) }

    mutating func note(_ text: String) {
        write(text)
        lastFailure = ""
        unprinted = 0
    }

    mutating func failure(_ text: String, nextTry: Int64, monotonic: Int64) {
        let isRepeated = text == lastFailure
        if isRepeated, monotonic - printedAt < Self.repeatMilliseconds {
            unprinted += 1
            return
        }
        let again = isRepeated ? " (and \(unprinted) times before)" : ""
        write("\(text); next try in \(max(1, (nextTry + 500) / 1000)) s\(again)")
        lastFailure = text
        printedAt = monotonic
        unprinted = 0
    }

    /// Whole lines by write(2): `stderr` of C is shared mutable state that Swift 6 does not hand out.
    static func printError(_ text: String) {
        var line = "podmint-agent: \(text)\n"
        line.withUTF8 { line in _ = unsafe Glibc.write(STDERR_FILENO, line.baseAddress, line.count) }
    }

    private static let repeatMilliseconds: Int64 = 600_000
}
