// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesClient

@Suite struct ListWatchStateTests {
    typealias State = ListWatchState<String>

    private var random = Zero()
    private var state = State(backoff: Backoff(first: .seconds(1), longest: .seconds(8)))
    private static let gone = KubernetesError.status(code: 410, reason: "Expired", message: "too old")
    private static func busy(_ seconds: Int) -> KubernetesError {
        .status(code: 429, reason: "", message: "", retryAfter: .seconds(seconds))
    }

    private static func page(_ names: [String], _ version: String, _ token: String? = nil) -> ListPage<
        (ObjectKey, State.Stored)
    > {
        ListPage(
            items: names.map { (ObjectKey(name: $0), State.Stored(record: $0, version: "1")) },
            resourceVersion: version,
            continueToken: token)
    }

    private mutating func synced() {
        _ = state.listed(Self.page(["a"], "10"))
    }

    @Test mutating func `lists whole before it watches`() {
        #expect(state.next == .list(continuing: nil))
        #expect(state.listed(Self.page(["a", "b"], "10", "t")) == nil)
        #expect(state.next == .list(continuing: "t"))
        guard case .replaceAll(let all)? = state.listed(Self.page(["c"], "10")) else {
            Issue.record("nothing was replaced")
            return
        }
        #expect(Set(all.keys.map(\.name)) == ["a", "b", "c"])
        #expect(state.next == .watch(from: "10"))
    }

    @Test mutating func `a continue token that grew too old starts over at once`() {
        _ = state.listed(Self.page(["a", "b"], "10", "t"))
        #expect(state.listFailed(Self.gone, &random) == .zero)
        #expect(state.next == .list(continuing: nil))
        guard case .replaceAll(let all)? = state.listed(Self.page(["c"], "11")) else { return }
        #expect(all.keys.map(\.name) == ["c"])
    }

    @Test mutating func `a first page that is refused waits longer each time`() {
        #expect(state.listFailed(Self.gone, &random) == .seconds(1))
        #expect(state.listFailed(.malformed("x"), &random) == .seconds(2))
        #expect(state.listFailed(Self.busy(20), &random) == .seconds(20))
        #expect(state.listFailed(Self.gone, &random) == .seconds(8))
    }

    @Test mutating func `a list that nobody answers waits longer each time`() {
        #expect(state.listFailed(.unreachable("x"), &random) == .seconds(1))
        #expect(state.listFailed(.timedOut("x"), &random) == .seconds(2))
        #expect(state.listFailed(.unreachable("x"), &random) == .seconds(4))
        #expect(state.listFailed(.unreachable("x"), &random) == .seconds(8))
        #expect(state.listFailed(.unreachable("x"), &random) == .seconds(8))
    }

    @Test(arguments: [0, 1]) mutating func `a server that stays busy is asked ever more seldom`(asked: Int) {
        synced()
        for wait in [1, 2, 4, 8, 8] {
            state.watchBegan()
            #expect(
                state.watchEnded(.failed(Self.busy(asked)), lasted: .zero, &random) == .seconds(wait))
        }
        // A list says nothing about whether a watch is taken now.
        synced()
        #expect(state.watchEnded(.failed(Self.busy(asked)), lasted: .zero, &random) == .seconds(8))
        _ = state.saw(.bookmark, version: "12", key: nil, record: nil)
        #expect(state.watchEnded(.failed(Self.busy(asked)), lasted: .zero, &random) == .seconds(1))
    }

    @Test mutating func `one that goes between silence and a no is asked ever more seldom too`() {
        for wait in [1, 2, 4, 8] {
            #expect(state.listFailed(.unreachable("x"), &random) == .seconds(1))
            #expect(state.listFailed(Self.busy(1), &random) == .seconds(wait))
        }
    }

    @Test mutating func `a watch that stayed open ends both rows, though nothing changed in it`() {
        synced()
        for _ in 0..<5 {
            state.watchBegan()
            _ = state.watchEnded(.failed(Self.busy(1)), lasted: .zero, &random)
        }
        for _ in 0..<5 { _ = state.watchEnded(.failed(.unreachable("x")), lasted: .seconds(50), &random) }
        state.watchBegan()
        #expect(state.watchEnded(.closed, lasted: .seconds(1), &random) == .zero)
        state.watchBegan()
        #expect(state.watchEnded(.failed(.unreachable("x")), lasted: .seconds(50), &random) == .seconds(1))
        #expect(state.watchEnded(.failed(Self.busy(1)), lasted: .zero, &random) == .seconds(1))
    }

    @Test mutating func `a no that came late says nothing of a watch that stayed open`() {
        synced()
        for wait in [1, 2, 4] {
            state.watchBegan()
            #expect(
                state.watchEnded(.failed(Self.busy(1)), lasted: .seconds(60), &random) == .seconds(wait))
        }
    }

    @Test mutating func `goes on from the last version seen, bookmarks too`() {
        synced()
        state.watchBegan()
        _ = state.saw(.added, version: "11", key: ObjectKey(name: "b"), record: "b")
        #expect(state.next == .watch(from: "11"))
        #expect(state.saw(.bookmark, version: "15", key: nil, record: nil) == nil)
        #expect(state.watchEnded(.closed, lasted: .seconds(400), &random) == .zero)
        #expect(state.next == .watch(from: "15"))
        _ = state.saw(.bookmark, version: "", key: nil, record: nil)
        #expect(state.next == .watch(from: "15"))
    }

    @Test mutating func `a lost connection goes on from the same version after a wait`() {
        synced()
        #expect(state.watchEnded(.failed(.unreachable("x")), lasted: .seconds(50), &random) == .seconds(1))
        #expect(state.next == .watch(from: "10"))
    }

    @Test mutating func `a version that is gone lists anew, at once only the first time`() {
        synced()
        state.watchBegan()
        _ = state.saw(.bookmark, version: "12", key: nil, record: nil)
        #expect(state.watchEnded(.failed(Self.gone), lasted: .seconds(5), &random) == .zero)
        #expect(state.next == .list(continuing: nil))
        synced()
        state.watchBegan()
        #expect(state.watchEnded(.failed(Self.gone), lasted: .zero, &random) == .seconds(1))
        #expect(state.next == .list(continuing: nil))
    }

    @Test mutating func `once a server is back, what it says goes before how long it was away`() {
        synced()
        for _ in 0..<5 {
            state.watchBegan()
            _ = state.watchEnded(.failed(.unreachable("x")), lasted: .zero, &random)
        }
        state.watchBegan()
        #expect(state.watchEnded(.failed(Self.gone), lasted: .zero, &random) == .zero)
        #expect(state.next == .list(continuing: nil))
        #expect(state.listFailed(Self.busy(1), &random) == .seconds(1))
    }

    @Test mutating func `a whole list ends the row of a server that was away`() {
        for _ in 0..<5 { _ = state.listFailed(.unreachable("x"), &random) }
        synced()
        #expect(state.watchEnded(.failed(.unreachable("x")), lasted: .seconds(5), &random) == .seconds(1))
    }

    @Test mutating func `what cannot be read is listed anew`() {
        synced()
        #expect(state.watchEnded(.failed(.malformed("x")), lasted: .seconds(5), &random) == .seconds(1))
        #expect(state.next == .list(continuing: nil))
    }

    @Test mutating func `a watch that closes at once is not asked for in a loop`() {
        synced()
        state.watchBegan()
        #expect(state.watchEnded(.closed, lasted: .milliseconds(10), &random) == .seconds(1))
        state.watchBegan()
        #expect(state.watchEnded(.closed, lasted: .milliseconds(10), &random) == .seconds(2))
        state.watchBegan()
        _ = state.saw(.bookmark, version: "12", key: nil, record: nil)
        #expect(state.watchEnded(.closed, lasted: .milliseconds(10), &random) == .zero)
    }

    @Test mutating func `an object that is no longer of interest is removed`() {
        synced()
        guard
            case .remove(let key)? = state.saw(
                .modified, version: "11", key: ObjectKey(name: "a"), record: nil)
        else {
            Issue.record("it stays")
            return
        }
        #expect(key.name == "a")
    }
}

extension ListWatchState.Effect: Equatable {
    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.replaceAll(let one), .replaceAll(let other)):
            one.mapValues(\.version) == other.mapValues(\.version)
        case (.set(let one, _), .set(let other, _)), (.remove(let one), .remove(let other)): one == other
        default: false
        }
    }
}
