// SPDX-License-Identifier: Apache-2.0
internal import Sockets

// When to look at a connection again: readiness, held bytes, deadlines.
extension ServerConnection {
    func settle() {
        guard let token else { return }
        let interest = reads ? waitsFor.union(.readable) : waitsFor
        do { try shard.reactor.update(token, for: interest) } catch { return close() }
        if case .open = phase, holdsBytes, reads { resume() }
        arm()
    }

    /// Reads on after the others had their turn.
    private func resume() {
        guard !isResuming else { return }
        isResuming = true
        shard.reactor.submit { [shard, id] in
            guard let connection = shard.connection(id) else { return }
            connection.isResuming = false
            connection.takeWhatCame()
        }
    }

    var reads: Bool {
        switch phase {
        case .handshake, .lingering: true
        case .open: engine?.readTarget() != nil
        case .lastWords, .closed: false
        }
    }

    private var deadline: Int64 {
        var due = min(phaseDeadline, writeDeadline)
        if case .open = phase, let engine { due = min(due, engine.deadline) }
        return due
    }

    /// One timer for each connection, moved only when something is due earlier: a steady row of requests moves none.
    func arm() {
        if case .closed = phase { return }
        let due = deadline
        guard due != .max else { return }
        if let timer {
            guard due < timer.due else { return }
            shard.reactor.cancel(timer.token)
        }
        // By number: a weak reference would send every retain of this object down the slow path.
        let token = shard.reactor.schedule(afterMilliseconds: due - now) { [shard, id] in
            shard.connection(id)?.timerFired()
        }
        timer = (token, due)
    }

    func timerFired() {
        timer = nil
        if now >= min(phaseDeadline, writeDeadline) {
            if case .handshake = phase { shard.server.census.handshakeFailed() }
            return close()
        }
        if case .open = phase, let engine, now >= engine.deadline {
            pump { engine.expire(at: now) }
        }
        arm()
    }
}
