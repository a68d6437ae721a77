// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Something about an object that its people should read in `kubectl describe`.
package struct Happening: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    package let object: ObjectReference
    package let kind: Kind
    /// One word in CamelCase, out of few.
    package let reason: String
    package let message: String

    package init(_ object: ObjectReference, _ kind: Kind, reason: String, message: String) {
        self.object = object
        self.kind = kind
        self.reason = reason
        self.message = message
    }
}

/// Which happenings become Events. Pure; time is the caller's.
///
/// The same again within `window` is only counted; the next Event of it carries the count and the time of the first, so
/// that kubectl shows "x37 over 20m". No Event is ever changed, which spares podmint the right to change everybody's.
struct EventLedger {
    /// Of the first of its row, in seconds since the epoch, and how many there have been.
    struct Occurrences: Equatable {
        let first: Int64
        let count: Int64
    }

    struct Limits {
        /// As long as client-go calls the same message the same.
        var window = Duration.seconds(600)
        /// One object may have so many Events at once, and then one for each `refill`.
        var burst = 8
        var refill = Duration.seconds(60)
        /// Of rows and of objects. A row holds a message of at most 1 kB: 2 MB at the worst.
        var entries = 2048
    }

    private struct Row {
        let first: Int64
        var count: Int64
        var written: Duration
        var seen: Duration
    }

    private struct Allowance {
        var left: Int
        var since: Duration
    }

    private let limits: Limits
    private var rows: [Happening: Row] = [:]
    private var allowances: [ObjectReference: Allowance] = [:]

    init(limits: Limits = Limits()) { self.limits = limits }

    var size: Int { max(rows.count, allowances.count) }

    /// What to write now; nil when it was written a moment ago, or when the object has had too many.
    mutating func note(_ happening: Happening, elapsed: Duration, at time: Int64) -> Occurrences? {
        guard var row = rows[happening] else {
            guard spend(on: happening.object, elapsed) else { return nil }
            makeRoom()
            rows[happening] = Row(first: time, count: 1, written: elapsed, seen: elapsed)
            return Occurrences(first: time, count: 1)
        }
        defer { rows[happening] = row }
        // After a silence of two windows it is a new row: "over 3d" would be a lie about the days between.
        if elapsed - row.seen >= limits.window * 2 {
            row = Row(first: time, count: 0, written: row.written, seen: elapsed)
        }
        row.count += 1
        row.seen = elapsed
        guard elapsed - row.written >= limits.window, spend(on: happening.object, elapsed) else { return nil }
        row.written = elapsed
        return Occurrences(first: row.first, count: row.count)
    }

    /// It could not be written, so that the next of its kind may.
    mutating func forget(_ happening: Happening) { rows[happening] = nil }

    private mutating func spend(on object: ObjectReference, _ elapsed: Duration) -> Bool {
        var allowance = allowances[object] ?? Allowance(left: limits.burst, since: elapsed)
        while allowance.left < limits.burst, elapsed - allowance.since >= limits.refill {
            allowance.left += 1
            allowance.since += limits.refill
        }
        if allowance.left == limits.burst { allowance.since = elapsed }
        defer { allowances[object] = allowance }
        guard allowance.left > 0 else { return false }
        allowance.left -= 1
        return true
    }

    /// Forgets the older half of what is too much: once in a thousand times, a thousand at once.
    private mutating func makeRoom() {
        if rows.count >= limits.entries {
            let middle = rows.values.map(\.seen).sorted()[rows.count / 2]
            rows = rows.filter { $0.value.seen > middle }
        }
        if allowances.count > limits.entries {
            let middle = allowances.values.map(\.since).sorted()[allowances.count / 2]
            allowances = allowances.filter { $0.value.since > middle }
        }
    }
}
