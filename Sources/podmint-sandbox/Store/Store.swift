// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Synchronization

/// All objects, in memory, under one growing resource version, as etcd keeps them.
///
/// Holds no opinion about what objects mean; it only refuses what is stale, missing or there already.
/// Observers are called in order, under the lock: they must hand over and return, never call back.
final class Store: Sendable {
    typealias Observer = @Sendable (StoreEvent) -> Void

    fileprivate struct State {
        var version: UInt64 = 1
        var shelves: [String: [ObjectKey: JSONValue]] = [:]
        var history: [StoreEvent] = []
        var compacted: UInt64 = 0
        var observers: [Int: Observer] = [:]
        var nextObserver = 0
    }

    /// A rollout of a hundred pods makes about a thousand events; four of them fit before a watch must list again.
    static let historyLimit = 4096

    fileprivate let state = Mutex(State())

    var version: UInt64 { state.withLock { $0.version } }

    func object(_ shelf: String, _ key: ObjectKey) -> JSONValue? {
        state.withLock { $0.shelves[shelf]?[key] }
    }

    func object(_ resource: Resource, _ namespace: String, _ name: String) -> JSONValue? {
        object(resource.shelf, ObjectKey(namespace: namespace, name: name))
    }

    /// In key order, with the version of the whole list.
    func list(_ shelf: String, namespace: String? = nil) -> (objects: [JSONValue], version: UInt64) {
        state.withLock { state in
            let found = (state.shelves[shelf] ?? [:]).filter {
                namespace == nil || $0.key.namespace == namespace
            }
            return (found.sorted { $0.key < $1.key }.map(\.value), state.version)
        }
    }

    func list(_ resource: Resource, namespace: String? = nil) -> [JSONValue] {
        list(resource.shelf, namespace: namespace).objects
    }

    var shelves: [String] { state.withLock { $0.shelves.filter { !$0.value.isEmpty }.keys.sorted() } }

    func create(_ resource: Resource, _ object: JSONValue) throws(APIError) -> JSONValue {
        let created: JSONValue? = state.withLock { state in
            guard state.shelves[resource.shelf]?[object.key] == nil else { return nil }
            return state.record(.added, resource.shelf, object, previous: nil)
        }
        guard let created else { throw .alreadyExists(resource, object.name) }
        return created
    }

    /// Replaces when the object is still at `expected`; an unchanged object keeps its version and wakes nobody.
    func replace(_ resource: Resource, _ object: JSONValue, expecting expected: String) throws(APIError)
        -> JSONValue
    {
        enum Outcome {
            case missing, stale, done(JSONValue)
        }
        let outcome: Outcome = state.withLock { state in
            guard let current = state.shelves[resource.shelf]?[object.key] else { return .missing }
            guard current.resourceVersion == expected else { return .stale }
            var object = object
            object.put(.string(expected), "metadata", "resourceVersion")
            guard object != current else { return .done(current) }
            return .done(state.record(.modified, resource.shelf, object, previous: current))
        }
        switch outcome {
        case .missing: throw .notFound(resource, object.name)
        case .stale: throw .conflict(resource, object.name)
        case .done(let object): return object
        }
    }

    /// Changes an object in one step; for controllers, whose writes are small and never contended for long.
    @discardableResult
    func change(_ resource: Resource, _ key: ObjectKey, _ body: (inout JSONValue) -> Void) -> JSONValue? {
        state.withLock { state in
            guard let current = state.shelves[resource.shelf]?[key] else { return nil }
            var changed = current
            body(&changed)
            guard changed != current else { return current }
            return state.record(.modified, resource.shelf, changed, previous: current)
        }
    }

    @discardableResult
    func remove(_ resource: Resource, _ key: ObjectKey, uid: String? = nil) -> JSONValue? {
        state.withLock { state in
            guard let current = state.shelves[resource.shelf]?[key], uid == nil || current.uid == uid else {
                return nil
            }
            return state.record(.deleted, resource.shelf, current, previous: current)
        }
    }

    /// Where an observation starts: with what changes from now on, what changed after a version, or with all there is.
    enum Start {
        case now
        case after(UInt64)
        case existing(shelf: String, ([JSONValue], UInt64) -> Void)
    }

    /// Calls `observer` for each event, the remembered ones first; nothing is missed in between.
    func observe(_ start: Start, _ observer: @escaping Observer) throws(APIError) -> Observation {
        let id: Int? = state.withLock { state in
            switch start {
            case .now: break
            case .after(let version):
                guard version >= state.compacted else { return nil }
                for event in state.history where event.version > version { observer(event) }
            case .existing(let shelf, let deliver):
                let objects = (state.shelves[shelf] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
                deliver(objects, state.version)
            }
            state.nextObserver += 1
            state.observers[state.nextObserver] = observer
            return state.nextObserver
        }
        guard let id else { throw .expired("too old resource version") }
        return Observation(id: id, store: self)
    }

    /// Forgets the history, so that older watches must list again.
    func compact() {
        state.withLock { state in
            state.compacted = state.version
            state.history.removeAll()
        }
    }

    fileprivate func stopObserving(_ id: Int) {
        _ = state.withLock { $0.observers.removeValue(forKey: id) }
    }
}

/// A running observation; ends when told to or forgotten.
final class Observation: Sendable {
    private let id: Int
    private let store: Store

    fileprivate init(id: Int, store: Store) {
        self.id = id
        self.store = store
    }

    deinit { store.stopObserving(id) }
    func end() { store.stopObserving(id) }
}

extension Store.State {
    fileprivate mutating func record(
        _ change: StoreEvent.Change, _ shelf: String, _ object: JSONValue, previous: JSONValue?
    ) -> JSONValue {
        version += 1
        var object = object
        object.put(.string(String(version)), "metadata", "resourceVersion")
        if change == .deleted {
            shelves[shelf]?.removeValue(forKey: object.key)
        } else {
            shelves[shelf, default: [:]][object.key] = object
        }
        let event = StoreEvent(
            change: change, shelf: shelf, version: version, object: object, previous: previous)
        history.append(event)
        if history.count > Store.historyLimit {
            let dropped = history.count / 4
            compacted = history[dropped - 1].version
            history.removeFirst(dropped)
        }
        for observer in observers.values { observer(event) }
        return object
    }
}
