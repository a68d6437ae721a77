// SPDX-License-Identifier: Apache-2.0

/// Timers of one thread in a binary heap by due time. Knows no clock: `now` comes from the caller.
struct TimerQueue {
    private struct Entry {
        let due: Int64
        let id: UInt64
    }

    private var heap: [Entry] = []
    private var actions: [UInt64: () -> Void] = [:]
    private var lastID: UInt64 = 0

    /// When the next timer is due; a cancelled one may still be counted, which costs one early wake-up.
    var nextDue: Int64? { heap.first?.due }

    mutating func add(due: Int64, _ action: @escaping () -> Void) -> UInt64 {
        lastID += 1
        actions[lastID] = action
        heap.append(Entry(due: due, id: lastID))
        siftUp(heap.count - 1)
        return lastID
    }

    mutating func cancel(_ id: UInt64) {
        actions[id] = nil
        // Cancelled entries leave when they come up; but many cancelled long timers must not pile up.
        if heap.count > 64, heap.count > 4 * actions.count { rebuild() }
    }

    /// The next action whose time has come.
    mutating func popDue(at now: Int64) -> (() -> Void)? {
        while let first = heap.first, first.due <= now {
            removeFirst()
            if let action = actions.removeValue(forKey: first.id) { return action }
        }
        return nil
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown(0)
    }

    private mutating func rebuild() {
        heap.removeAll { actions[$0.id] == nil }
        heap.sort { $0.due < $1.due }
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0, heap[child].due < heap[(child - 1) / 2].due {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].due < heap[least].due {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
