// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import HTTP
import OpenSSL
import Sockets
import Synchronization
import Testing

@testable import HTTPTransport

/// Answers by a closure.
struct ClosureHandler: HTTPHandler {
    let answer: @Sendable (borrowing HTTPRequest) -> HTTPAnswer
    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer { answer(request) }
}

/// What tests ask for: `/echo` gives the body back, `/later` a little later, `/never` not at all.
let echo = ClosureHandler { request in
    switch request.path {
    case "/later": .later { .text(200, "later") }
    case "/never":
        .later {
            try? await Task.sleep(for: .seconds(60))
            return .text(200, "never")
        }
    default:
        .now(HTTPResponse(status: 200, fields: [("x-path", request.path)], body: request.body.bytes))
    }
}

/// Runs a server on its own reactors for the time of a test.
func withServer<Result>(
    _ security: HTTPServer.Security = .plain, limits: HTTPLimits = HTTPLimits(), reactors: Int = 1,
    handler: any HTTPHandler = echo, _ body: (HTTPServer) async throws -> Result
) async throws -> Result {
    let group = try ReactorGroup(count: reactors)
    defer { group.stop() }
    let server = try HTTPServer(
        reactors: group, listen: [SocketAddress(ip: [127, 0, 0, 1], port: 0)], security: security,
        limits: limits,
        handler: handler)
    let result: Result
    do { result = try await body(server) } catch {
        await server.shutdown(grace: .zero, drain: .milliseconds(50))
        throw error
    }
    await server.shutdown(grace: .zero, drain: .milliseconds(50))
    return result
}

/// A blocking peer that sends exactly what it is told to.
final class RawClient {
    let socket: Socket

    init(_ server: HTTPServer) throws {
        socket = try Socket.connected(
            to: SocketAddress(ip: [127, 0, 0, 1], port: UInt16(server.boundPort)), within: 5000)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let step = try rest.withUnsafeBytes { raw throws(SystemCallError) in try socket.write(raw) }
            switch step {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock:
                guard try socket.wait(for: .writable, milliseconds: 5000) else { throw TimedOut() }
            case .closed: return
            }
        }
    }

    /// Reads until the text read so far satisfies the condition, or the server closes. Does not block its thread:
    /// answers that come later need one.
    func read(until isEnough: (String) -> Bool = { _ in false }) async throws -> String {
        let buffer = ByteBuffer()
        let deadline = MonotonicClock.now() + 30_000
        while !isEnough(String(decoding: buffer.bytes, as: UTF8.self)) {
            var step = Socket.Step.closed
            do throws(SystemCallError) {
                _ = try buffer.appendUnsafe(upTo: 64 * 1024) { space throws(SystemCallError) in
                    step = try socket.read(into: space)
                    if case .bytes(let count) = step { return count }
                    return 0
                }
            } catch {}
            if step == .closed { break }
            guard MonotonicClock.now() < deadline else { throw TimedOut() }
            if step == .wouldBlock { try await Task.sleep(for: .milliseconds(1)) }
        }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}

struct TimedOut: Error {}

/// Answers without the date, for exact comparison.
func withoutDate(_ text: String) -> String {
    text.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("date: ") }
        .joined(separator: "\r\n")
}
