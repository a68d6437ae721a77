// SPDX-License-Identifier: Apache-2.0
internal import HTTPTransport
internal import JSON
internal import Synchronization

/// One watch: events that pass its selectors, as JSON lines, bookmarks between, an end after its time.
final class WatchStream: Sendable {
    private let cluster: Cluster
    private let request: ResourceRequest
    private let filter: ListFilter
    private let table: Table?
    private let start: UInt64?
    private let wantsBookmarks: Bool
    private let wantsInitialEnd: Bool
    private let seconds: Int64
    private let observation = Mutex<Observation?>(nil)

    /// As the API server: a bookmark about once a minute.
    private static let bookmarkSeconds: Int64 = 60

    init(cluster: Cluster, request: ResourceRequest, asTable: Bool) throws(APIError) {
        self.cluster = cluster
        self.request = request
        filter = try ListFilter(request)
        table =
            asTable
            ? Table(request.resource, cluster: cluster, includingObject: request.query["includeObject"]) : nil
        wantsBookmarks = request.query.flag("allowWatchBookmarks")
        wantsInitialEnd = request.query.flag("sendInitialEvents")
        seconds =
            request.query["timeoutSeconds"].flatMap { Int64($0) }
            ?? Int64(cluster.surroundings.random(1800...3600))
        let version = request.query["resourceVersion"] ?? ""
        if version.isEmpty || version == "0" || wantsInitialEnd {
            start = nil
        } else if let number = UInt64(version) {
            start = number
        } else {
            throw .badRequest(
                "resourceVersion: Invalid value: \"\(version)\": strconv.ParseUint: invalid syntax")
        }
    }

    func run(_ writer: HTTPResponseWriter) {
        let drop = cluster.faults.registerWatch { writer.finish() }
        writer.onClose { [self] in
            cluster.faults.forgetWatch(drop)
            observation.withLock { current in
                // Ended outside the store's lock: closing may happen while the store delivers.
                if let ended = current { Task { ended.end() } }
                current = nil
            }
        }
        do throws(APIError) {
            let started: Store.Start =
                if let start { .after(start) } else {
                    .existing(shelf: request.resource.shelf) {
                        self.deliverInitial($0, version: $1, to: writer)
                    }
                }
            let observed = try cluster.store.observe(started) { [self] event in deliver(event, to: writer) }
            observation.withLock { $0 = observed }
            if writer.isClosed { observation.withLock { $0 = nil } }
        } catch {
            write("ERROR", error.status, to: writer)
            writer.finish()
            return
        }
        Task { await keepTime(writer) }
    }

    private func deliverInitial(_ objects: [JSONValue], version: UInt64, to writer: HTTPResponseWriter) {
        for object in objects where filter.matches(object) { write("ADDED", shown(object), to: writer) }
        guard wantsInitialEnd, wantsBookmarks else { return }
        bookmark(version, annotations: ["k8s.io/initial-events-end": "true"], to: writer)
    }

    /// Entering and leaving the selection is adding and deleting, for this watcher.
    private func deliver(_ event: StoreEvent, to writer: HTTPResponseWriter) {
        guard event.shelf == request.resource.shelf else { return }
        let isIn = filter.matches(event.object)
        let wasIn = event.previous.map(filter.matches) ?? false
        switch event.change {
        case .added: if isIn { write("ADDED", shown(event.object), to: writer) }
        case .deleted: if wasIn { write("DELETED", shown(event.object), to: writer) }
        case .modified:
            if isIn {
                write(wasIn ? "MODIFIED" : "ADDED", shown(event.object), to: writer)
            } else if wasIn {
                var last = event.previous ?? event.object
                last.put(.string(event.object.resourceVersion), "metadata", "resourceVersion")
                write("DELETED", shown(last), to: writer)
            }
        }
    }

    private func keepTime(_ writer: HTTPResponseWriter) async {
        var left = seconds
        while left > 0, !writer.isClosed {
            let pause = min(left, Self.bookmarkSeconds)
            try? await Task.sleep(for: .seconds(pause))
            left -= pause
            if wantsBookmarks, !writer.isClosed { bookmark(cluster.store.version, to: writer) }
        }
        writer.finish()
    }

    private func bookmark(
        _ version: UInt64, annotations: JSONObject = JSONObject(), to writer: HTTPResponseWriter
    ) {
        var object: JSONValue = [
            "kind": .string(request.resource.kind), "apiVersion": .string(request.resource.apiVersion),
            "metadata": ["resourceVersion": .string(String(version)), "creationTimestamp": .null],
        ]
        if !annotations.isEmpty { object.put(.object(annotations), "metadata", "annotations") }
        if let table {
            object = table.value([], metadata: object.find("metadata") ?? [:])
        }
        write("BOOKMARK", object, to: writer)
    }

    private func shown(_ object: JSONValue) -> JSONValue {
        if let table {
            return table.value([object], metadata: ["resourceVersion": .string(object.resourceVersion)])
        }
        return Presentation.object(object, as: request.resource)
    }

    private func write(_ type: String, _ object: JSONValue, to writer: HTTPResponseWriter) {
        let event: JSONValue = ["type": .string(type), "object": object]
        writer.write(event.serialized() + [0x0a])
    }
}
