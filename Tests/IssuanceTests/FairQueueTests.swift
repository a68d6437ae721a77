// SPDX-License-Identifier: Apache-2.0
import SigningProtocol
import Testing

@testable import Issuance

struct FairQueueTests {
    private func drained(_ queue: FairQueue<String>) -> [String] {
        var queue = queue
        var order: [String] = []
        while let key = queue.next() { order.append(key) }
        return order
    }

    @Test func `namespaces take turns, each in its own order`() {
        var queue = FairQueue<String>(capacity: 100)
        for index in 0..<4 { _ = queue.add("a\(index)", namespace: "a", reason: .first) }
        _ = queue.add("b0", namespace: "b", reason: .first)
        _ = queue.add("c0", namespace: "c", reason: .first)
        _ = queue.add("b1", namespace: "b", reason: .first)
        #expect(drained(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"])
    }

    @Test func `first certificates come before renewals, which are not forgotten`() {
        var queue = FairQueue<String>(capacity: 100)
        for index in 0..<20 { _ = queue.add("r\(index)", namespace: "a", reason: .renewal) }
        for index in 0..<20 { _ = queue.add("f\(index)", namespace: "b", reason: .first) }
        let order = drained(queue)
        #expect(order.count == 40)
        #expect(order.prefix(15) == (0..<15).map { "f\($0)" }[...])
        #expect(order[15] == "r0")
        #expect(order[16..<21] == (15..<20).map { "f\($0)" }[...])
    }

    @Test func `who fills the queue makes room for who does not`() {
        var queue = FairQueue<String>(capacity: 4)
        for index in 0..<4 { #expect(queue.add("a\(index)", namespace: "a", reason: .first) == .queued) }
        #expect(queue.add("a4", namespace: "a", reason: .first) == .full)
        #expect(queue.add("b0", namespace: "b", reason: .renewal) == .queuedInsteadOf("a3"))
        #expect(queue.add("b1", namespace: "b", reason: .renewal) == .queuedInsteadOf("a2"))
        #expect(queue.add("b2", namespace: "b", reason: .renewal) == .full, "both hold two")
        #expect(queue.count == 4)
        #expect(drained(queue) == ["a0", "a1", "b0", "b1"])
    }

    @Test func `renewals are dropped before first certificates`() {
        var queue = FairQueue<String>(capacity: 3)
        _ = queue.add("r", namespace: "a", reason: .renewal)
        _ = queue.add("f0", namespace: "a", reason: .first)
        _ = queue.add("f1", namespace: "a", reason: .first)
        #expect(queue.add("x", namespace: "b", reason: .first) == .queuedInsteadOf("r"))
    }

    /// Against a model that only counts: nothing is lost, nothing comes twice, the bound holds.
    @Test(arguments: 0..<50) func `loses nothing but what it says`(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        var queue = FairQueue<Int>(capacity: 16)
        var inside: Set<Int> = []
        for key in 0..<500 {
            let namespace = "n\(random.next() % 5)"
            switch queue.add(key, namespace: namespace, reason: random.next() % 2 == 0 ? .first : .renewal) {
            case .queued: inside.insert(key)
            case .queuedInsteadOf(let dropped):
                #expect(inside.remove(dropped) != nil)
                inside.insert(key)
            case .full: break
            }
            if random.next() % 3 == 0, let key = queue.next() { #expect(inside.remove(key) != nil) }
            #expect(queue.count == inside.count && queue.count <= 16)
        }
        while let key = queue.next() { #expect(inside.remove(key) != nil) }
        #expect(inside.isEmpty && queue.count == 0 && queue.namespaces == 0)
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
