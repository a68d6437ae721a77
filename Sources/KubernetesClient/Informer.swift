// SPDX-License-Identifier: Apache-2.0
package import JSON

/// Keeps a copy of what is in the API server: all objects of one kind and scope, each as the record that
/// `decode` makes of it (nil: not of interest). `run()` follows them until it is cancelled; reading is cheap
/// and possible from any thread.
///
/// What it shows may be seconds old, and older when the server cannot be reached: see `silence`.
package final class Informer<Record: Sendable>: Sendable {
    /// Servers end a watch by themselves after a time between these, asked for at random so that not all end
    /// together.
    private static var watchSeconds: ClosedRange<Int> { 300...600 }
    /// A bookmark comes about once a minute. After three missed ones the connection is taken for dead.
    private static var longestSilence: Duration { .seconds(200) }

    private let client: APIClient
    private let resource: APIResource
    private let scope: ObjectScope
    private let clock: WaitingClock
    private let backoff: Backoff
    private let pauseWhenForbidden: Duration
    private let decode: @Sendable (JSONView) -> Record?
    private let onChange: (@Sendable (InformerChange<Record>) -> Void)?
    private let onTrouble: (@Sendable (InformerTrouble) -> Void)?
    private let store = InformerStore<Record>()

    /// `pauseWhenForbidden` is for what podmint may lack the right to: it is then asked for no more often than that.
    /// `onChange` and `onTrouble` are called in order, one at a time, on the informer's own task: they must
    /// not block.
    package init(
        client: APIClient, resource: APIResource, scope: ObjectScope = ObjectScope(),
        clock: WaitingClock = .system,
        backoff: Backoff = Backoff(), pauseWhenForbidden: Duration = .zero,
        decode: @escaping @Sendable (JSONView) -> Record?,
        onChange: (@Sendable (InformerChange<Record>) -> Void)? = nil,
        onTrouble: (@Sendable (InformerTrouble) -> Void)? = nil
    ) {
        self.client = client
        self.resource = resource
        self.scope = scope
        self.clock = clock
        self.backoff = backoff
        self.pauseWhenForbidden = pauseWhenForbidden
        self.decode = decode
        self.onChange = onChange
        self.onTrouble = onTrouble
    }

    // MARK: - Reading, from any thread

    package func record(for key: ObjectKey) -> Record? { store.record(for: key) }
    package var records: [ObjectKey: Record] { store.records }
    package var count: Int { store.count }
    /// Whether a whole list has been seen.
    package var isSynced: Bool { store.isSynced }
    /// How long the server has said nothing; nil before its first word.
    package var silence: Duration? { store.lastActivity.map { clock.now() - $0 } }
    /// Why the last try failed; nil while all is well.
    package var lastFailure: KubernetesError? { store.lastFailure }

    /// Returns when a first whole list has been seen and `onChange` has been told of it.
    package func waitForSync() async throws { try await store.waitForSync() }

    // MARK: - Following

    /// Lists and watches until the task is cancelled.
    package func run() async {
        var state = ListWatchState<Record>(backoff: backoff)
        while !Task.isCancelled {
            let returns = client.presence.returns
            let wait =
                switch state.next {
                case .list(let token): await list(&state, continuing: token)
                case .watch(let version): await watch(&state, from: version)
                }
            guard wait > .zero else { continue }
            if lastFailure?.isSilence == true {
                await client.presence.wait(wait, since: returns, clock)
            } else {
                try? await clock.sleep(wait)
            }
        }
    }

    private func list(_ state: inout ListWatchState<Record>, continuing token: String?) async -> Duration {
        var random = SystemRandomNumberGenerator()
        do {
            let page = try await client.page(resource, scope, continuing: token) { object in stored(object) }
            noteActivity()
            let found = ListPage(
                items: page.items.compactMap(\.self), resourceVersion: page.resourceVersion,
                continueToken: page.continueToken)
            if let effect = state.listed(found) {
                apply(effect)
                store.markSynced()
            }
            return .zero
        } catch {
            note(error)
            let wait = state.listFailed(error, &random)
            return error.isForbidden ? max(wait, pauseWhenForbidden) : wait
        }
    }

    private func watch(_ state: inout ListWatchState<Record>, from version: String) async -> Duration {
        var random = SystemRandomNumberGenerator()
        let began = clock.now()
        state.watchBegan()
        let end = await follow(
            &state, from: version, seconds: Int.random(in: Self.watchSeconds, using: &random))
        if case .failed(let error) = end { note(error) }
        return state.watchEnded(end, lasted: clock.now() - began, &random)
    }

    private func follow(
        _ state: inout ListWatchState<Record>, from version: String, seconds: Int
    ) async -> ListWatchState<Record>.WatchEnd {
        do throws(KubernetesError) {
            let decoder = try WatchDecoder()
            let stream = try await client.watch(resource, scope, from: version, seconds: seconds)
            defer { stream.cancel() }
            noteActivity()
            let watchdog = watchdog(stream)
            defer { watchdog.cancel() }
            while let piece = try await next(stream) {
                noteActivity()
                try decoder.decode(piece) { event throws(KubernetesError) in try handle(event, &state) }
            }
            return .closed
        } catch {
            return .failed(error)
        }
    }

    private func next(_ stream: APIStream) async throws(KubernetesError) -> [UInt8]? {
        let piece = await withTaskCancellationHandler { () -> Result<[UInt8]?, RequestFailure> in
            do throws(RequestFailure) { return .success(try await stream.next()) } catch {
                return .failure(error)
            }
        } onCancel: {
            stream.cancel()
        }
        switch piece {
        case .success(let piece): return piece
        case .failure(let failure): throw KubernetesError(failure, "watch of \(resource.plural)")
        }
    }

    private func handle(_ event: WatchEvent, _ state: inout ListWatchState<Record>) throws(KubernetesError) {
        guard event.kind != .error else { throw KubernetesError(status: event.object) }
        let version = event.object.at("metadata", "resourceVersion")?.string ?? ""
        let record = event.kind == .added || event.kind == .modified ? decode(event.object) : nil
        let effect = state.saw(event.kind, version: version, key: ObjectKey(of: event.object), record: record)
        if let effect { apply(effect) }
    }

    /// Cancels a stream that has gone silent: TCP alone would wait for hours on a peer that vanished.
    private func watchdog(_ stream: APIStream) -> Task<Void, Never> {
        Task { [store, clock] in
            while !Task.isCancelled {
                let silence = clock.now() - (store.lastActivity ?? .zero)
                guard silence < Self.longestSilence else { return stream.cancel() }
                do { try await clock.sleep(Self.longestSilence - silence) } catch { return }
            }
        }
    }

    private func stored(_ object: JSONView) -> (ObjectKey, ListWatchState<Record>.Stored)? {
        guard let key = ObjectKey(of: object), let record = decode(object) else { return nil }
        let version = object.at("metadata", "resourceVersion")?.string ?? ""
        return (key, ListWatchState<Record>.Stored(record: record, version: version))
    }

    private func apply(_ effect: ListWatchState<Record>.Effect) {
        for change in store.apply(effect) { onChange?(change) }
    }

    private func note(_ error: KubernetesError) {
        guard !Task.isCancelled else { return }
        store.noteFailure(error, at: clock.now())
        onTrouble?(.failure(error))
    }

    private func noteActivity() {
        let now = clock.now()
        guard let trouble = store.noteActivity(at: now) else { return }
        onTrouble?(.over(trouble.last, lasted: now - trouble.since))
    }
}
