// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Synchronization

/// What API servers and agents must trust to accept this server: the new is trusted beside the old before it is shown.
final class ServingAnchors: Sendable {
    private struct State {
        var certificates: [Certificate]
        var pem: String
        var shown: [Certificate]
    }

    /// They go into every injected pod's environment: at 2 kB each, well below the 16 kB that injection may add.
    private static let limit = 4

    private let state: Mutex<State>
    /// Rings when there are others.
    private let changed: [WakeUp]

    init(_ certificates: [Certificate], changed: [WakeUp]) {
        state = Mutex(
            State(certificates: certificates, pem: Self.pem(certificates), shown: certificates))
        self.changed = changed
    }

    var certificates: [Certificate] { state.withLock { $0.certificates } }
    var pem: String { state.withLock { $0.pem } }
    /// Each of these is enough to accept what this server shows at the moment.
    var shown: [Certificate] { state.withLock { $0.shown } }

    /// Puts new ones behind those that have not ended. False when they were all there.
    func add(_ certificates: [Certificate], at now: Int64) -> Bool {
        let isNew = state.withLock { state in
            let new = certificates.filter { !state.certificates.contains($0) }
            guard !new.isEmpty else { return false }
            let kept = state.certificates.filter { $0.notAfter > now }
            state.certificates = (kept + new).suffix(Self.limit)
            state.pem = Self.pem(state.certificates)
            return true
        }
        if isNew { for bell in changed { bell.ring() } }
        return isNew
    }

    /// From now on a certificate is shown for which these must be trusted.
    func show(_ certificates: [Certificate]) {
        state.withLock { $0.shown = certificates }
        for bell in changed { bell.ring() }
    }

    /// These and no others.
    func replace(_ certificates: [Certificate], shown: [Certificate]) {
        let isNew = state.withLock { state in
            guard state.certificates != certificates || state.shown != shown else { return false }
            state = State(certificates: certificates, pem: Self.pem(certificates), shown: shown)
            return true
        }
        if isNew { for bell in changed { bell.ring() } }
    }

    private static func pem(_ certificates: [Certificate]) -> String { certificates.map(\.pem).joined() }
}
