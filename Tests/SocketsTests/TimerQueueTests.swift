// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Sockets

struct TimerQueueTests {
    @Test func `runs what is due, earliest first, and not what was cancelled`() {
        var queue = TimerQueue()
        var seen: [Int] = []
        var ids: [UInt64] = []
        for due in [50, 10, 40, 20, 30] { ids.append(queue.add(due: Int64(due)) { seen.append(due) }) }
        #expect(queue.nextDue == 10)
        queue.cancel(ids[3])
        while let action = queue.popDue(at: 45) { action() }
        #expect(seen == [10, 30, 40])
        #expect(queue.nextDue == 50)
        #expect(queue.popDue(at: 49) == nil)
    }

    @Test func `keeps its order over many timers, most of them cancelled`() {
        var queue = TimerQueue()
        var seen: [Int] = []
        for number in 0..<1000 {
            let due = number * 7919 % 1000
            let id = queue.add(due: Int64(due)) { seen.append(due) }
            if number % 10 != 0 { queue.cancel(id) }
        }
        while let action = queue.popDue(at: 1000) { action() }
        #expect(seen == seen.sorted() && seen.count == 100)
        #expect(queue.nextDue == nil)
    }
}
