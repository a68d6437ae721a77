// SPDX-License-Identifier: Apache-2.0

/// What a list and its watch have come to: decides the next request, knows no clock and no network.
///
/// List in pages until whole, watch from its version on, go on from the last version seen when a watch ends,
/// and list anew when the server no longer knows that version.
struct ListWatchState<Record: Sendable> {
    struct Stored: Sendable {
        let record: Record
        let version: String
    }

    enum Step: Equatable {
        case list(continuing: String?)
        case watch(from: String)
    }

    /// What became of the objects; to be applied in order.
    enum Effect {
        case replaceAll([ObjectKey: Stored])
        case set(ObjectKey, Stored)
        case remove(ObjectKey)
    }

    enum WatchEnd {
        case closed
        case failed(KubernetesError)
    }

    private(set) var next = Step.list(continuing: nil)
    private var collected: [ObjectKey: Stored] = [:]
    /// Two rows, since how long nobody answered says nothing about how busy the server is that answers now. A
    /// row of silence ends with the first answer, be it a no; a row of noes only with a watch that brought an
    /// event or stayed open, for a list that is followed by no watch is what a server in trouble can least
    /// afford.
    private var silence: Backoff
    private var refusals: Backoff
    private var eventsOfWatch = 0
    /// The last word of a watch was that its version is too old.
    private var wasGone = false

    init(backoff: Backoff = Backoff()) {
        silence = backoff
        refusals = backoff
    }

    mutating func listed(_ page: ListPage<(ObjectKey, Stored)>) -> Effect? {
        for (key, stored) in page.items { collected[key] = stored }
        guard page.continueToken == nil else {
            next = .list(continuing: page.continueToken)
            return nil
        }
        next = .watch(from: page.resourceVersion)
        silence.reset()
        defer { collected = [:] }
        return .replaceAll(collected)
    }

    /// A list failed: how long to wait before `next`.
    mutating func listFailed(_ error: KubernetesError, _ random: inout some RandomNumberGenerator) -> Duration
    {
        collected = [:]
        let wasFirstPage = next == .list(continuing: nil)
        next = .list(continuing: nil)
        // A continue token that grew too old on the way says nothing bad about the server: once more, from
        // the start.
        if error.isGone, !wasFirstPage { return .zero }
        return wait(error, &random)
    }

    mutating func watchBegan() { eventsOfWatch = 0 }

    /// Any event that carries a version moves us on.
    mutating func saw(_ kind: WatchEvent.Kind, version: String, key: ObjectKey?, record: Record?) -> Effect? {
        eventsOfWatch += 1
        wasGone = false
        silence.reset()
        refusals.reset()
        if !version.isEmpty { next = .watch(from: version) }
        guard let key else { return nil }
        switch kind {
        case .added, .modified:
            return record.map { .set(key, Stored(record: $0, version: version)) } ?? .remove(key)
        case .deleted: return .remove(key)
        case .bookmark, .error: return nil
        }
    }

    /// A watch ended, by itself or by an error in it: how long to wait before `next`.
    mutating func watchEnded(_ end: WatchEnd, lasted: Duration, _ random: inout some RandomNumberGenerator)
        -> Duration
    {
        switch end {
        case .failed(let error) where error.isGone:
            next = .list(continuing: nil)
            // Twice in a row without an event between means that it will not help: wait then. The first time
            // it is mended by a list at once, however long the server was away before.
            defer { wasGone = true }
            return eventsOfWatch > 0 || !wasGone ? .zero : wait(error, &random)
        case .failed(.malformed(let what)):
            // What came cannot be read; a list says the same in other words.
            next = .list(continuing: nil)
            return wait(.malformed(what), &random)
        case .failed(let error): return wait(error, &random)
        case .closed:
            silence.reset()
            // Servers close a watch after minutes, where nothing changes without a word. One that closes at
            // once, with nothing said, is in trouble. Of a failure it is not known whether the time went by
            // before it.
            guard lasted >= .seconds(1) || eventsOfWatch > 0 else { return refusals.next(&random) }
            refusals.reset()
            return .zero
        }
    }

    /// Not before the server asks for it, a little later so that not all come at once; and longer each time,
    /// for a busy one says the same second to everybody.
    private mutating func wait(_ error: KubernetesError, _ random: inout some RandomNumberGenerator)
        -> Duration
    {
        guard !error.isSilence else { return silence.next(&random) }
        silence.reset()
        let asked = error.retryAfter ?? .zero
        return max(refusals.next(&random), asked * (1 + Double.random(in: 0..<0.25, using: &random)))
    }
}
