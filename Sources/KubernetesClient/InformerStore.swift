// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// What an informer knows, for any thread to read: each read is one lock and one look into a dictionary.
final class InformerStore<Record: Sendable>: Sendable {
    typealias Stored = ListWatchState<Record>.Stored

    /// Failures that nothing has followed.
    struct Trouble {
        let since: Duration
        var last: KubernetesError
    }

    private struct Contents {
        var objects: [ObjectKey: Stored] = [:]
        var isSynced = false
        var lastActivity: Duration?
        var trouble: Trouble?
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
    }

    private let contents = Mutex(Contents())

    var isSynced: Bool { contents.withLock { $0.isSynced } }
    var count: Int { contents.withLock { $0.objects.count } }
    var lastActivity: Duration? { contents.withLock { $0.lastActivity } }
    var lastFailure: KubernetesError? { contents.withLock { $0.trouble?.last } }
    var records: [ObjectKey: Record] { contents.withLock { $0.objects }.mapValues(\.record) }

    func record(for key: ObjectKey) -> Record? { contents.withLock { $0.objects[key]?.record } }

    /// The trouble that is over by it.
    func noteActivity(at time: Duration) -> Trouble? {
        contents.withLock { contents in
            contents.lastActivity = time
            defer { contents.trouble = nil }
            return contents.trouble
        }
    }

    func noteFailure(_ error: KubernetesError, at time: Duration) {
        contents.withLock { $0.trouble = Trouble(since: $0.trouble?.since ?? time, last: error) }
    }

    /// Applies an effect and says what changed by it: an object listed again in the same version did not.
    func apply(_ effect: ListWatchState<Record>.Effect) -> [InformerChange<Record>] {
        switch effect {
        case .set(let key, let stored):
            let old = contents.withLock { $0.objects.updateValue(stored, forKey: key) }
            return [.set(key, stored.record, previous: old?.record)]
        case .remove(let key):
            let old = contents.withLock { $0.objects.removeValue(forKey: key) }
            return old.map { [.removed(key, $0.record)] } ?? []
        case .replaceAll(let objects):
            let old = contents.withLock { contents in
                defer { contents.objects = objects }
                return contents.objects
            }
            let removed = old.filter { objects[$0.key] == nil }.map {
                InformerChange.removed($0.key, $0.value.record)
            }
            let set = objects.filter { $0.value.version != old[$0.key]?.version || $0.value.version.isEmpty }
            return removed + set.map { .set($0.key, $0.value.record, previous: old[$0.key]?.record) }
        }
    }

    /// Called when a first whole list has been applied and its changes reported.
    func markSynced() {
        let waiting = contents.withLock { contents in
            contents.isSynced = true
            defer { contents.waiting = [:] }
            return contents.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns once synced; throws when the waiting task is cancelled.
    func waitForSync() async throws {
        let waiter = contents.withLock { contents in
            contents.nextWaiter += 1
            return contents.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = contents.withLock { contents in
                    if contents.isSynced { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    contents.waiting[waiter] = continuation
                    return nil
                }
                if let answer { continuation.resume(with: answer) }
            }
        } onCancel: {
            contents.withLock { $0.waiting.removeValue(forKey: waiter) }?.resume(
                throwing: CancellationError())
        }
    }
}

/// How it stands between an informer and the API server, where that is not well.
package enum InformerTrouble: Sendable {
    case failure(KubernetesError)
    /// The API server speaks again; with the last failure, and how long after the first.
    case over(KubernetesError, lasted: Duration)
}

/// What happened to an object that an informer follows.
package enum InformerChange<Record: Sendable>: Sendable {
    case set(ObjectKey, Record, previous: Record?)
    case removed(ObjectKey, Record)

    package var key: ObjectKey {
        switch self {
        case .set(let key, _, _), .removed(let key, _): key
        }
    }
}
