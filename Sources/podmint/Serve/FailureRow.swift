// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient

/// Failures of one thing that is tried again and again: told once for as long as they are the same, and tried ever more
/// seldom.
struct FailureRow {
    private var backoff: Backoff
    private var last: String?

    init(backoff: Backoff) { self.backoff = backoff }

    /// Whether it is worth a word, and how long to wait before the next try.
    mutating func failed(_ error: some Error) -> (isNews: Bool, wait: Duration) {
        var random = SystemRandomNumberGenerator()
        let text = "\(error)"
        defer { last = text }
        return (last != text, backoff.next(&random))
    }

    /// It worked. False when it had not failed before.
    @discardableResult mutating func end() -> Bool {
        backoff.reset()
        defer { last = nil }
        return last != nil
    }
}
