// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import Testing

@testable import KubernetesClient

struct EventLedgerTests {
    private func happening(_ message: String = "no", on name: String = "web-0") -> Happening {
        Happening(
            .pod(name, in: "shop", uid: "u-\(name)"), .warning, reason: "ForbiddenName", message: message)
    }

    @Test func `writes the first, counts the same again, and says how many with the next`() {
        var ledger = EventLedger()
        #expect(
            ledger.note(happening(), elapsed: .seconds(5), at: 100) == .init(first: 100, count: 1))
        for second in 6..<605 {
            #expect(ledger.note(happening(), elapsed: .seconds(second), at: 95 + Int64(second)) == nil)
        }
        #expect(
            ledger.note(happening(), elapsed: .seconds(605), at: 700) == .init(first: 100, count: 601))
        #expect(ledger.note(happening(), elapsed: .seconds(606), at: 701) == nil)
    }

    @Test func `another message, reason or object is another Event`() {
        var ledger = EventLedger()
        #expect(ledger.note(happening("a"), elapsed: .zero, at: 1) != nil)
        #expect(ledger.note(happening("b"), elapsed: .zero, at: 1) != nil)
        #expect(ledger.note(happening("a", on: "web-1"), elapsed: .zero, at: 1) != nil)
        #expect(ledger.note(happening("a"), elapsed: .zero, at: 1) == nil)
    }

    @Test func `begins anew after a long silence`() {
        var ledger = EventLedger()
        _ = ledger.note(happening(), elapsed: .zero, at: 100)
        _ = ledger.note(happening(), elapsed: .seconds(1), at: 101)
        #expect(
            ledger.note(happening(), elapsed: .seconds(1201), at: 1301) == .init(first: 1301, count: 1))
    }

    @Test func `an object that has ever more to say is heard once a minute`() {
        var ledger = EventLedger()
        let written = (0..<100).filter {
            ledger.note(happening("message \($0)"), elapsed: .zero, at: 1) != nil
        }
        #expect(written.count == 8)
        #expect(ledger.note(happening("x"), elapsed: .seconds(59), at: 60) == nil)
        #expect(ledger.note(happening("y"), elapsed: .seconds(60), at: 61) != nil)
        #expect(ledger.note(happening("z"), elapsed: .seconds(61), at: 62) == nil)
        #expect(ledger.note(happening("other", on: "web-1"), elapsed: .seconds(61), at: 62) != nil)
    }

    @Test func `what could not be written may be tried by the next`() {
        var ledger = EventLedger()
        _ = ledger.note(happening(), elapsed: .zero, at: 1)
        ledger.forget(happening())
        #expect(ledger.note(happening(), elapsed: .seconds(1), at: 2) == .init(first: 2, count: 1))
    }

    @Test func `stays bounded whatever it hears`() {
        var ledger = EventLedger()
        for number in 0..<10_000 {
            _ = ledger.note(
                happening("m", on: "pod-\(number)"), elapsed: .milliseconds(number), at: Int64(number))
        }
        #expect(ledger.size <= 2049)
        // The newest are remembered.
        #expect(ledger.note(happening("m", on: "pod-9999"), elapsed: .seconds(11), at: 11) == nil)
    }
}
