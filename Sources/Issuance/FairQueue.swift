// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// Who is served next, and who is not let in: bounded, first certificates before renewals, namespaces in turn.
///
/// Pure. A namespace that fills the queue loses its newest job to a newcomer of one that holds less, so nobody can
/// keep others out. Knows nothing of what a job is but its key.
struct FairQueue<Key: Hashable> {
    enum Admission: Equatable {
        case queued
        /// Queued, at the cost of this one.
        case queuedInsteadOf(Key)
        case full
    }

    private(set) var count = 0
    private let capacity: Int
    private var firsts = Rotation()
    private var renewals = Rotation()
    /// How many jobs each namespace has here, of both classes.
    private var held: [String: Int] = [:]
    private var firstsInARow = 0

    /// Without a bound on precedence, a namespace that creates pods without end would let all other
    /// certificates expire.
    private static var longestPrecedence: Int { 15 }

    init(capacity: Int) { self.capacity = capacity }

    var namespaces: Int { held.count }

    mutating func add(_ key: Key, namespace: String, reason: IssuanceReason) -> Admission {
        guard count >= capacity else {
            insert(key, namespace, reason)
            return .queued
        }
        let own = held[namespace, default: 0]
        guard let (largest, jobs) = held.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), jobs > own + 1,
            let dropped = renewals.removeNewest(of: largest) ?? firsts.removeNewest(of: largest)
        else { return .full }
        release(largest)
        insert(key, namespace, reason)
        return .queuedInsteadOf(dropped)
    }

    mutating func next() -> Key? {
        let prefersFirst = !firsts.isEmpty && (renewals.isEmpty || firstsInARow < Self.longestPrecedence)
        guard let (key, namespace) = prefersFirst ? firsts.next() : renewals.next() else { return nil }
        firstsInARow = prefersFirst && !renewals.isEmpty ? firstsInARow + 1 : 0
        release(namespace)
        return key
    }

    private mutating func insert(_ key: Key, _ namespace: String, _ reason: IssuanceReason) {
        switch reason {
        case .first: firsts.append(key, namespace)
        case .renewal: renewals.append(key, namespace)
        }
        held[namespace, default: 0] += 1
        count += 1
    }

    private mutating func release(_ namespace: String) {
        count -= 1
        let left = held[namespace, default: 1] - 1
        held[namespace] = left > 0 ? left : nil
    }

    /// Namespaces in turn, the jobs of each in order of arrival.
    private struct Rotation {
        private var lanes: [String: Lane] = [:]
        /// Each namespace that has jobs, once; the front one is served and goes to the back.
        private var turns = Lane.Turns()

        var isEmpty: Bool { lanes.isEmpty }

        mutating func append(_ key: Key, _ namespace: String) {
            if lanes[namespace] == nil {
                lanes[namespace] = Lane()
                turns.append(namespace)
            }
            lanes[namespace]?.append(key)
        }

        mutating func next() -> (Key, String)? {
            while let namespace = turns.popFirst() {
                // A lane can have lost its last job while it waited for its turn.
                guard let key = lanes[namespace]?.popFirst() else { continue }
                if lanes[namespace]?.isEmpty == true {
                    lanes[namespace] = nil
                } else {
                    turns.append(namespace)
                }
                return (key, namespace)
            }
            return nil
        }

        mutating func removeNewest(of namespace: String) -> Key? {
            guard let key = lanes[namespace]?.popLast() else { return nil }
            if lanes[namespace]?.isEmpty == true {
                lanes[namespace] = nil
                turns.remove(namespace)
            }
            return key
        }
    }

    private struct Lane {
        typealias Turns = FIFO<String>

        private var keys = FIFO<Key>()

        var isEmpty: Bool { keys.isEmpty }
        mutating func append(_ key: Key) { keys.append(key) }
        mutating func popFirst() -> Key? { keys.popFirst() }
        mutating func popLast() -> Key? { keys.popLast() }
    }
}

/// First in, first out, both ends in amortised constant time.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }
    var count: Int { elements.count - head }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head > 32, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    mutating func popLast() -> Element? { isEmpty ? nil : elements.removeLast() }
}

extension FIFO where Element: Equatable {
    mutating func remove(_ element: Element) {
        elements = elements[head...].filter { $0 != element }
        head = 0
    }
}
