// SPDX-License-Identifier: Apache-2.0
import JSON
import Synchronization
import Testing

@testable import podmint_sandbox

struct StoreTests {
    private func object(_ name: String, _ value: String = "1") -> JSONValue {
        [
            "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "n"],
            "data": ["v": .string(value)],
        ]
    }

    @Test func `versions grow, and a stale write conflicts`() throws {
        let store = Store()
        let first = try store.create(.configMaps, object("a"))
        let second = try store.replace(.configMaps, object("a", "2"), expecting: first.resourceVersion)
        #expect(UInt64(second.resourceVersion)! > UInt64(first.resourceVersion)!)
        let error = #expect(throws: APIError.self) {
            try store.replace(.configMaps, object("a", "3"), expecting: first.resourceVersion)
        }
        #expect(error?.code == 409)
        #expect(throws: APIError.self) { try store.create(.configMaps, object("a")) }
    }

    @Test func `an unchanged object keeps its version`() throws {
        let store = Store()
        let first = try store.create(.configMaps, object("a"))
        let again = try store.replace(.configMaps, object("a"), expecting: first.resourceVersion)
        #expect(again.resourceVersion == first.resourceVersion)
    }

    @Test func `an observer gets what it missed, then what follows`() throws {
        let store = Store()
        let first = try store.create(.configMaps, object("a"))
        _ = try store.create(.configMaps, object("b"))
        let seen = Mutex<[String]>([])
        let observation = try store.observe(.after(UInt64(first.resourceVersion)!)) { event in
            seen.withLock { $0.append("\(event.change.rawValue) \(event.object.name)") }
        }
        store.remove(.configMaps, ObjectKey(namespace: "n", name: "a"))
        observation.end()
        _ = try store.create(.configMaps, object("c"))
        #expect(seen.withLock { $0 } == ["ADDED b", "DELETED a"])
    }

    @Test func `a version before compaction is gone`() throws {
        let store = Store()
        let first = try store.create(.configMaps, object("a"))
        _ = try store.create(.configMaps, object("b"))
        store.compact()
        let error = #expect(throws: APIError.self) {
            try store.observe(.after(UInt64(first.resourceVersion)!)) { _ in }
        }
        #expect(error?.code == 410)
        _ = try store.observe(.after(store.version)) { _ in }
    }
}
