// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP

/// HTTP/1.1 on a server connection: one request at a time. Pipelined ones wait in the input, and are answered in
/// order.
final class HTTP1ServerEngine: ServerEngine {
    private enum Phase {
        case reading
        case waiting(Task<Void, Never>, until: Int64)
        case streaming(HTTPResponseWriter)
        case ended
    }

    /// What of a request is coming, and since when.
    private enum Part { case nothing, head, body }

    private unowned let connection: ServerConnection
    private var parser: HTTP1RequestParser
    private var phase = Phase.reading
    private var part = Part.nothing
    private var partSince: Int64
    /// Counts answers that come later, so that one that comes too late finds no taker.
    private var exchange: Int32 = 0
    /// Streamed bytes that are not yet known to be sent.
    private var unreported = 0
    private var chargedBytes = 0
    /// Requests wait in the input until output has gone.
    private var isStalled = false

    /// Answers to pipelined requests that a peer does not read: about two hundred reviews.
    private static let mostUnsent = 256 * 1024
    /// Pipelined bytes held while an answer is awaited: the rest stays in the kernel.
    private static let mostWaiting = 64 * 1024
    /// One TLS record.
    private static let readSize = 16 * 1024

    init(_ connection: ServerConnection) {
        self.connection = connection
        parser = HTTP1RequestParser(limits: connection.shard.limits, peer: connection.peerText)
        partSince = connection.now
    }

    // MARK: Bytes

    func readTarget() -> (buffer: ByteBuffer, room: Int)? {
        let input = connection.input
        switch phase {
        case .reading:
            guard connection.unsentBytes <= Self.mostUnsent else { return nil }
            let plain = parser.plainBodyBytes(input)
            return plain > 0 ? (parser.request.body, min(plain, 4 * Self.readSize)) : (input, Self.readSize)
        case .waiting, .streaming: return input.count < Self.mostWaiting ? (input, Self.readSize) : nil
        case .ended: return nil
        }
    }

    func received(_ count: Int) {
        guard case .reading = phase else { return }
        if parser.plainBodyBytes(connection.input) > 0 {
            guard parser.tookBody(count) else { return chargeBody() }
            answer()
        }
        process()
    }

    func outputTaken() {
        if case .streaming(let writer) = phase {
            let left = connection.unsentBytes
            if unreported > left { writer.sent(unreported - left) }
            unreported = min(unreported, left)
        } else if isStalled && connection.unsentBytes <= Self.mostUnsent {
            process()
        }
    }

    private func process() {
        isStalled = false
        let input = connection.input
        while case .reading = phase {
            guard connection.unsentBytes <= Self.mostUnsent else {
                isStalled = true
                return
            }
            do throws(HTTP1Refusal) {
                switch try parser.advance(input) {
                case .complete: answer()
                case .head:
                    if parser.expectsContinue && parser.request.body.isEmpty {
                        HTTP1Encoder.appendContinue(to: connection.output)
                    }
                case .needsMore:
                    parser.reclaim(input)
                    notePart()
                    return chargeBody()
                }
            } catch { return refuse(error.status, error.reason) }
        }
        parser.reclaim(input)
    }

    private func notePart() {
        let present: Part =
            parser.isWithinBody ? .body : parser.isWithinHead(connection.input) ? .head : .nothing
        if present == part && present != .nothing { return }
        part = present
        partSince = connection.now
    }

    /// Bodies too large to be counted as part of a connection's cost share a budget.
    private func chargeBody() {
        let count = parser.isWithinBody ? parser.request.body.count : 0
        let charge = max(0, count - connection.shard.limits.ownBodyBytes)
        guard charge != chargedBytes else { return }
        let fits = connection.shard.charge(charge - chargedBytes)
        chargedBytes = charge
        if !fits { refuse(503, "too many large requests at once; try again", [("retry-after", "1")]) }
    }

    // MARK: Answers

    private func answer() {
        part = .nothing
        partSince = connection.now
        if chargedBytes > 0 { chargeBody() }
        switch connection.shard.handler.respond(to: parser.request) {
        case .now(let response): send(response)
        case .later(let operation): wait(operation)
        case .stream(let head, let body): stream(head, body)
        }
        parser.dropBody()
    }

    private var keepsAlive: Bool { parser.keepsAlive && !connection.shard.isEnding }

    private func send(_ response: HTTPResponse) {
        let keepsAlive = keepsAlive
        HTTP1Encoder.append(
            response, answering: parser.request.method, keepsAlive: keepsAlive, date: connection.shard.date(),
            to: connection.output)
        end(keepsAlive)
    }

    private func end(_ keepsAlive: Bool) {
        part = .nothing
        partSince = connection.now
        if keepsAlive {
            phase = .reading
        } else {
            phase = .ended
            connection.closeAfterOutput(lingers: parser.keepsAlive)
        }
    }

    private func refuse(_ status: Int, _ reason: String, _ fields: [(String, String)] = []) {
        var response = HTTPResponse.text(status, reason)
        response.fields += fields
        HTTP1Encoder.append(
            response, answering: .get, keepsAlive: false, date: connection.shard.date(), to: connection.output
        )
        phase = .ended
        connection.closeAfterOutput(lingers: true)
    }

    private func wait(_ operation: @escaping @Sendable () async -> HTTPResponse) {
        exchange &+= 1
        let (shard, id, exchange) = (connection.shard, connection.id, exchange)
        let task = Task {
            let response = await operation()
            shard.submit(id) { $0.deliver(response, to: exchange) }
        }
        phase = .waiting(
            task, until: connection.now + RequestTimeout.milliseconds(parser.request, shard.limits))
    }

    func deliver(_ response: HTTPResponse, to exchange: Int32) {
        guard case .waiting = phase, exchange == self.exchange else { return }
        send(response)
        process()
    }

    // MARK: Streams

    private func stream(_ head: HTTPResponse, _ body: @Sendable (HTTPResponseWriter) -> Void) {
        let isHead = parser.request.method == .head
        HTTP1Encoder.appendHead(
            status: head.status, fields: head.fields, framing: parser.isVersion10 ? .none : .chunked,
            keepsAlive: keepsAlive, date: connection.shard.date(), to: connection.output)
        guard !isHead else { return end(keepsAlive) }
        exchange &+= 1
        unreported = 0
        let writer = connection.shard.writer(connection.id, exchange)
        phase = .streaming(writer)
        body(writer)
    }

    func write(_ bytes: [UInt8], on exchange: Int32) {
        guard case .streaming = phase, exchange == self.exchange else { return }
        unreported += bytes.count
        if parser.isVersion10 {
            unsafe bytes.withUnsafeBytes { unsafe connection.output.append(copying: $0) }
        } else {
            HTTP1Encoder.appendChunk(bytes, to: connection.output)
        }
    }

    func finish(_ exchange: Int32) {
        guard case .streaming = phase, exchange == self.exchange else { return }
        if !parser.isVersion10 { HTTP1Encoder.appendLastChunk(to: connection.output) }
        end(keepsAlive)
        process()
    }

    func cutOff(_ exchange: Int32) {
        // Without its last chunk the peer knows that the stream is not whole.
        if case .streaming = phase, exchange == self.exchange { connection.close() }
    }

    // MARK: Ends

    func peerLeft() {
        if chargedBytes > 0 {
            _ = connection.shard.charge(-chargedBytes)
            chargedBytes = 0
        }
        switch phase {
        case .waiting(let task, _): task.cancel()
        case .streaming(let writer): writer.close()
        case .reading, .ended: break
        }
        phase = .ended
    }

    func announceEnd(final: Bool) {
        guard final else { return }
        if case .streaming(let writer) = phase {
            writer.close()
            finish(exchange)
        }
    }

    var isIdle: Bool {
        guard case .reading = phase else { return false }
        return part == .nothing
    }

    var deadline: Int64 {
        let limits = connection.shard.limits
        return switch phase {
        case .reading:
            switch part {
            case .nothing: partSince + limits.idleMilliseconds
            case .head: partSince + limits.headerMilliseconds
            case .body:
                partSince + limits.headerMilliseconds
                    + Int64(parser.request.body.count) * 1000 / Int64(limits.bodyBytesPerSecond)
            }
        case .waiting(_, let until): until
        case .streaming, .ended: .max
        }
    }

    func expire(at now: Int64) {
        switch phase {
        case .waiting(let task, _):
            task.cancel()
            send(.text(504, "no answer within the request's time"))
            process()
        case .reading where part == .nothing: connection.close()
        case .reading: refuse(408, part == .head ? "the header took too long" : "the body comes too slowly")
        case .streaming, .ended: break
        }
    }
}
