// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Synchronization

/// Where to say what happened to an object.
package protocol EventRecording: Sendable {
    /// Returns at once, whatever the API server does. `reason` is one word in CamelCase; `message` must hold nothing
    /// secret, and is cut at 1 kB.
    func record(on object: ObjectReference, _ kind: Happening.Kind, reason: String, message: String)
}

/// Writes Events (core/v1, what `kubectl describe` and `kubectl get events` show) beside the work that has them to tell.
///
/// Best effort by design: what repeats is counted (`EventLedger`), what does not fit is dropped and counted, and a
/// failure is told once until a write succeeds again. Needs the right to create Events and no other.
package final class EventRecorder: EventRecording {
    private struct Entry {
        let happening: Happening
        let occurrences: EventLedger.Occurrences
        let time: Int64
    }

    package struct Counts: Sendable {
        package var written: Int64 = 0
        /// The queue was full, or the API server did not take it.
        package var lost: Int64 = 0
    }

    private let client: APIClient
    private let instance: String
    private let clock: WaitingClock
    private let time: @Sendable () -> Int64
    private let onFailure: @Sendable (KubernetesError) -> Void
    private let ledger = Mutex(EventLedger())
    private let counted = Mutex(Counts())
    private let entries: AsyncStream<Entry>
    private let feed: AsyncStream<Entry>.Continuation

    /// Entries of about 1 kB each.
    private static var queueLength: Int { 512 }
    private static var component: String { "podmint" }
    private static var attempts: Int { 3 }

    /// `instance` tells replicas apart (a pod's name). `time` is in seconds since the epoch. `onFailure` hears the first
    /// failure of a row.
    package init(
        client: APIClient, instance: String, clock: WaitingClock = .system,
        time: @escaping @Sendable () -> Int64, onFailure: @escaping @Sendable (KubernetesError) -> Void
    ) {
        self.client = client
        self.instance = instance
        self.clock = clock
        self.time = time
        self.onFailure = onFailure
        (entries, feed) = AsyncStream.makeStream(
            of: Entry.self, bufferingPolicy: .bufferingOldest(Self.queueLength))
    }

    package var counts: Counts { counted.withLock { $0 } }

    package func record(
        on object: ObjectReference, _ kind: Happening.Kind, reason: String, message: String
    ) {
        let happening = Happening(object, kind, reason: reason, message: EventText.fit(message))
        let now = time()
        let occurrences = ledger.withLock { $0.note(happening, elapsed: clock.now(), at: now) }
        guard let occurrences else { return }
        let entry = Entry(happening: happening, occurrences: occurrences, time: now)
        if case .dropped = feed.yield(entry) { lose(entry) }
    }

    /// Writes until it is cancelled.
    package func run() async {
        var isFailing = false
        for await entry in entries {
            guard !Task.isCancelled else { return }
            let failure = await write(entry)
            guard let failure else {
                isFailing = false
                counted.withLock { $0.written += 1 }
                continue
            }
            if !failure.isOfNoInterest, !Task.isCancelled {
                if !isFailing { onFailure(failure) }
                isFailing = true
            }
            // Last: who waits for the count has been told by then.
            lose(entry)
        }
    }

    private func lose(_ entry: Entry) {
        ledger.withLock { $0.forget(entry.happening) }
        counted.withLock { $0.lost += 1 }
    }

    private func write(_ entry: Entry) async -> KubernetesError? {
        let event = Self.event(entry.happening, entry.occurrences, at: entry.time, instance)
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10))
        var random = SystemRandomNumberGenerator()
        for attempt in 1... {
            do {
                _ = try await client.create(
                    .events, namespace: Self.namespace(of: entry.happening.object), event)
                return nil
            } catch {
                guard error.isTransient, attempt < Self.attempts else { return error }
                guard (try? await clock.sleep(error.retryAfter ?? backoff.next(&random))) != nil else {
                    return error
                }
            }
        }
        return nil
    }

    /// An Event lives beside its object; that of a cluster-scoped one in `default`, where kubectl looks for it.
    private static func namespace(of object: ObjectReference) -> String {
        object.namespace.isEmpty ? "default" : object.namespace
    }

    private static func event(
        _ happening: Happening, _ occurrences: EventLedger.Occurrences, at time: Int64, _ instance: String
    ) -> JSONValue {
        let object = happening.object
        var involved: JSONObject = [
            "apiVersion": .string(object.apiVersion), "kind": .string(object.kind),
            "name": .string(object.name),
        ]
        if !object.namespace.isEmpty { involved["namespace"] = .string(object.namespace) }
        if !object.uid.isEmpty { involved["uid"] = .string(object.uid) }
        return [
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": [
                "name": .string(EventText.name(for: object.name)),
                "namespace": .string(namespace(of: object)),
            ],
            "involvedObject": .object(involved),
            "type": .string(happening.kind.rawValue),
            "reason": .string(happening.reason),
            "message": .string(happening.message),
            "source": ["component": .string(component)],
            "reportingComponent": .string(component),
            "reportingInstance": .string(instance),
            "firstTimestamp": .string(Timestamp(secondsSinceEpoch: occurrences.first).description),
            "lastTimestamp": .string(Timestamp(secondsSinceEpoch: time).description),
            "count": .integer(occurrences.count),
        ]
    }
}

extension KubernetesError {
    /// Its namespace is gone or going, and nobody will read the Event.
    fileprivate var isOfNoInterest: Bool {
        guard case .status(let code, _, let message, _) = self else { return false }
        return code == 404 || (code == 403 && message.contains("being terminated"))
    }
}

/// What an Event may hold.
enum EventText {
    /// The API server's own bound for newer Events.
    private static var limit: Int { 1024 }

    /// One line of at most 1 kB. A control character could forge lines on a terminal.
    static func fit(_ message: String) -> String {
        var text = ""
        var size = 0
        for scalar in message.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            size += isControl ? 1 : UTF8.width(scalar)
            guard size <= limit else { break }
            text.unicodeScalars.append(isControl ? " " : scalar)
        }
        return text
    }

    /// `web-0.18a2f3c4d5e6f708`, as all recorders name theirs; within the 253 of a name.
    static func name(for object: String) -> String {
        let suffix = String(UInt64.random(in: 1 << 60 ... .max), radix: 16)
        // What is cut may not end in a dot or a dash.
        var prefix = object.prefix(200)
        while let last = prefix.last, last == "." || last == "-" { prefix.removeLast() }
        return "\(prefix).\(suffix)"
    }
}
