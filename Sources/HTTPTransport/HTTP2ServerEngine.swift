// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import HTTP2

/// HTTP/2 on a server connection: hands what an `HTTP2Session` saw to the handler, and answers back to it.
final class HTTP2ServerEngine: ServerEngine {
    /// A request that is not answered yet, or whose answer is still being written.
    private enum Exchange {
        case waiting(Task<Void, Never>, until: Int64)
        case streaming(HTTPResponseWriter, unreported: Int)
        /// Answered whole, but the peer's windows are shut with this much of it left.
        case sending(left: Int, until: Int64)
    }

    private unowned let connection: ServerConnection
    private let session: HTTP2Session
    private var exchanges: [Int32: Exchange] = [:]
    /// The oldest request that is not whole, since when we look at it, and what came since: the slow are sent away,
    /// also when others on the connection are quick.
    private var incomplete: (id: Int32, since: Int64)?
    private var bytesSince = 0
    private var chargedBytes = 0
    private var lastActivity: Int64
    /// Answered since the last look at what of it could not be sent.
    private var answered: [Int32] = []

    /// Four TLS records.
    private static let readSize = 64 * 1024

    init?(_ connection: ServerConnection) {
        self.connection = connection
        lastActivity = connection.now
        do throws(HTTP2Error) {
            session = try HTTP2Session(role: .server, limits: HTTP2Limits(connection.shard.limits))
        } catch { return nil }
        drain()
    }

    // MARK: Bytes

    /// Reads on whatever waits to be written: only reading brings the window updates that let us write.
    func readTarget() -> (buffer: ByteBuffer, room: Int)? { (connection.input, Self.readSize) }

    func received(_ count: Int) {
        lastActivity = connection.now
        bytesSince += count
        let own = connection.shard.limits.ownBodyBytes
        session.bodyAllowance = own + chargedBytes + connection.shard.bodyBytesLeft
        do throws(HTTP2Error) { try session.receive(connection.input) } catch { return fail() }
        connection.input.removeAll()
        handleEvents()
        chargeBodies(max(0, session.bufferedBytes - own))
        drain()
        noteUnsent()
        noteIncomplete()
    }

    func outputTaken() {
        if session.wantsToWrite { drain() }
        noteUnsent()
    }

    private func drain() {
        do throws(HTTP2Error) { try session.drain(into: connection.output) } catch { return fail() }
        // Sending closes streams, too.
        handleEvents()
        if session.isFinished { connection.closeAfterOutput(lingers: true) }
    }

    private func fail() {
        // nghttp2 has queued its GOAWAY; if it cannot even write that, there is nothing to say.
        do throws(HTTP2Error) { try session.drain(into: connection.output) } catch {
            return connection.close()
        }
        connection.closeAfterOutput(lingers: true)
    }

    private func handleEvents() {
        while let event = session.nextEvent() {
            switch event {
            case .request(let id): answer(id)
            case .closed(let id, _): forget(id)
            default: continue
            }
        }
    }

    /// What was answered and is still open waits for the peer to take it; what moved gets time anew.
    private func noteUnsent() {
        let until = connection.now + connection.shard.limits.writeMilliseconds
        for id in answered where session.stream(id) != nil {
            exchanges[id] = .sending(left: session.unsentBytes(on: id), until: until)
        }
        answered.removeAll(keepingCapacity: true)
        for (id, exchange) in exchanges {
            let left = session.unsentBytes(on: id)
            switch exchange {
            case .streaming(let writer, let unreported) where unreported > left:
                writer.sent(unreported - left)
                exchanges[id] = .streaming(writer, unreported: left)
            case .sending(let before, _) where before > left:
                exchanges[id] = .sending(left: left, until: until)
            default: continue
            }
        }
    }

    private func noteIncomplete() {
        guard session.streamCount > exchanges.count else { return incomplete = nil }
        if let incomplete, session.isIncomplete(incomplete.id) { return }
        incomplete = session.oldestIncomplete.map { ($0, connection.now) }
        bytesSince = 0
    }

    private func chargeBodies(_ count: Int) {
        guard count != chargedBytes else { return }
        _ = connection.shard.charge(count - chargedBytes)
        chargedBytes = count
    }

    // MARK: Answers

    private func answer(_ id: Int32) {
        guard let stream = session.stream(id) else { return }
        defer { session.dropBody(of: id) }
        guard let method = HTTPMethod(rawValue: stream.method) else {
            return respond(.text(501, "a request method that is not served here"), to: id)
        }
        guard stream.path.utf8.first == UInt8(ascii: "/") else {
            return respond(.text(400, "a request target that is not a path: this is no proxy"), to: id)
        }
        let target = stream.path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let request = HTTPRequest(
            method: method, path: String(target[0]), query: target.count > 1 ? String(target[1]) : nil,
            fields: stream.fields, body: stream.body, peer: connection.peerText)
        switch connection.shard.handler.respond(to: request) {
        case .now(let response): respond(response, to: id)
        case .later(let operation): wait(operation, request, id)
        case .stream(let head, let body): self.stream(head, body, method, id)
        }
    }

    private func respond(_ response: HTTPResponse, to id: Int32) {
        do throws(HTTP2Error) {
            try session.respond(
                to: id, status: response.status,
                fields: response.fields + [("date", connection.shard.date())],
                body: response.body)
            answered.append(id)
        } catch { fail() }
    }

    private func wait(
        _ operation: @escaping @Sendable () async -> HTTPResponse, _ request: borrowing HTTPRequest,
        _ id: Int32
    ) {
        let (shard, connectionID) = (connection.shard, connection.id)
        let task = Task {
            let response = await operation()
            shard.submit(connectionID) { $0.deliver(response, to: id) }
        }
        let until = connection.now + RequestTimeout.milliseconds(request, shard.limits)
        exchanges[id] = .waiting(task, until: until)
    }

    func deliver(_ response: HTTPResponse, to exchange: Int32) {
        guard case .waiting = exchanges[exchange] else { return }
        exchanges[exchange] = nil
        respond(response, to: exchange)
        drain()
        noteUnsent()
    }

    // MARK: Streams

    private func stream(
        _ head: HTTPResponse, _ body: @Sendable (HTTPResponseWriter) -> Void, _ method: HTTPMethod,
        _ id: Int32
    ) {
        do throws(HTTP2Error) {
            try session.beginResponse(
                to: id, status: head.status, fields: head.fields + [("date", connection.shard.date())])
        } catch { return fail() }
        guard method != .head else { return }
        let writer = connection.shard.writer(connection.id, id)
        exchanges[id] = .streaming(writer, unreported: 0)
        body(writer)
    }

    func write(_ bytes: [UInt8], on exchange: Int32) {
        guard case .streaming(let writer, let unreported) = exchanges[exchange] else { return }
        exchanges[exchange] = .streaming(writer, unreported: unreported + bytes.count)
        session.write(bytes, on: exchange)
        drain()
    }

    func finish(_ exchange: Int32) {
        session.finish(exchange)
        drain()
    }

    func cutOff(_ exchange: Int32) {
        session.reset(exchange, .cancel)
        drain()
    }

    // MARK: Ends

    private func forget(_ id: Int32) {
        switch exchanges.removeValue(forKey: id) {
        case .waiting(let task, _): task.cancel()
        case .streaming(let writer, _): writer.close()
        case .sending, nil: break
        }
    }

    func peerLeft() {
        chargeBodies(0)
        for id in Array(exchanges.keys) { forget(id) }
    }

    func announceEnd(final: Bool) {
        guard final else {
            session.announceShutdown()
            return drain()
        }
        for (id, exchange) in exchanges {
            guard case .streaming(let writer, _) = exchange else { continue }
            writer.close()
            session.finish(id)
        }
        session.goAway()
        drain()
    }

    var isIdle: Bool { session.streamCount == 0 }

    var deadline: Int64 {
        let limits = connection.shard.limits
        var due = exchanges.isEmpty ? lastActivity + limits.idleMilliseconds : Int64.max
        if let incomplete {
            let earned = Int64(bytesSince) * 1000 / Int64(limits.bodyBytesPerSecond)
            due = min(due, incomplete.since + limits.headerMilliseconds + earned)
        }
        for exchange in exchanges.values {
            switch exchange {
            case .waiting(_, let until), .sending(_, let until): due = min(due, until)
            case .streaming: continue
            }
        }
        return due
    }

    func expire(at now: Int64) {
        for (id, exchange) in exchanges {
            switch exchange {
            case .waiting(let task, let until) where until <= now:
                task.cancel()
                exchanges[id] = nil
                respond(.text(504, "no answer within the request's time"), to: id)
            case .sending(_, let until) where until <= now:
                exchanges[id] = nil
                session.reset(id, .cancel)
            default: continue
            }
        }
        drain()
        noteUnsent()
        // What is still overdue is the peer's: idle for too long, or a request that does not come.
        if now >= deadline {
            session.goAway(incomplete == nil ? .noError : .enhanceYourCalm)
            do throws(HTTP2Error) { try session.drain(into: connection.output) } catch {
                return connection.close()
            }
            connection.closeAfterOutput(lingers: false)
        }
    }
}
