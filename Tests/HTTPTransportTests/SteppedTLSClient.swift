// SPDX-License-Identifier: Apache-2.0
import Buffers
import OpenSSL
import Sockets

@testable import HTTP2
@testable import HTTPTransport

/// A TLS client that sends exactly what it is told to, when it is told to.
final class SteppedTLSClient {
    private var channel: Channel

    init(_ server: HTTPServer, _ test: TestIdentity, alpn: [ApplicationProtocol]) async throws {
        let socket = try Socket.connected(
            to: SocketAddress(ip: [127, 0, 0, 1], port: UInt16(server.boundPort)), within: 5000)
        let context = try TLSContext.client(anchors: [test.authority.certificate], alpn: alpn)
        channel = try Channel.connecting(socket, with: context, to: .ip([127, 0, 0, 1]))
        let deadline = MonotonicClock.now() + 20_000
        while try channel.handshake() != .bytes(0) { try await Self.rest(until: deadline) }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        let buffer = ByteBuffer(bytes)
        var sent = 0
        let deadline = MonotonicClock.now() + 20_000
        while sent < buffer.count {
            switch try channel.write(buffer, from: sent) {
            case .bytes(let count): sent += count
            case .needs: try await Self.rest(until: deadline)
            case .closed: return
            }
        }
    }

    /// What came by the time it is enough, or by the end of the connection.
    func read(until isEnough: (ByteBuffer) -> Bool) async throws -> [UInt8] {
        let buffer = ByteBuffer()
        let deadline = MonotonicClock.now() + 20_000
        while !isEnough(buffer) {
            switch try? channel.read(into: buffer, upTo: 16 * 1024) {
            case .bytes: continue
            case .needs: try await Self.rest(until: deadline)
            case .closed, nil: return buffer.bytes
            }
        }
        return buffer.bytes
    }

    func readText(until word: String) async throws -> String {
        let bytes = try await read { String(decoding: $0.bytes, as: UTF8.self).contains(word) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func rest(until deadline: Int64) async throws {
        guard MonotonicClock.now() < deadline else { throw TimedOut() }
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// An HTTP/2 client over one, driven step by step.
final class SteppedHTTP2Client {
    let peer: SteppedTLSClient
    let session: HTTP2Session
    private(set) var events: [HTTP2Event] = []
    private(set) var statuses: [Int32: Int] = [:]

    init(_ server: HTTPServer, _ test: TestIdentity, limits: HTTP2Limits = HTTP2Limits()) async throws {
        peer = try await SteppedTLSClient(server, test, alpn: [.http2])
        session = try HTTP2Session(role: .client, limits: limits)
        try await flush()
    }

    /// What is not whole is never ended.
    func request(_ path: String, body: [UInt8] = [], isWhole: Bool = true) async throws -> Int32 {
        let id = try session.request(
            method: body.isEmpty ? "GET" : "POST", scheme: "https", authority: "localhost", path: path,
            fields: [], body: body)
        if !isWhole { session.stream(id)?.isOutgoingFinished = false }
        try await flush()
        return id
    }

    func flush() async throws {
        let output = ByteBuffer()
        try session.drain(into: output, upTo: .max)
        if !output.isEmpty { try await peer.send(output.bytes) }
    }

    /// Reads and answers until something has been seen; false when the connection ended before.
    func run(until isSeen: ([HTTP2Event]) -> Bool) async throws -> Bool {
        while !isSeen(events) {
            let bytes = try await peer.read { !$0.isEmpty }
            guard !bytes.isEmpty else { return false }
            try session.receive(bytes)
            while let event = session.nextEvent() { note(event) }
            try await flush()
        }
        return true
    }

    private func note(_ event: HTTP2Event) {
        events.append(event)
        switch event {
        case .response(let id): statuses[id] = session.stream(id)?.status
        case .data(let id): _ = session.takeBody(of: id)
        default: break
        }
    }
}
