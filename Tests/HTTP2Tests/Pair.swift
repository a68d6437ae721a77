// SPDX-License-Identifier: Apache-2.0
import Buffers

@testable import HTTP2

/// A client's and a server's session joined in memory.
final class Pair {
    let client: HTTP2Session
    let server: HTTP2Session

    init(client clientLimits: HTTP2Limits = HTTP2Limits(), server serverLimits: HTTP2Limits = HTTP2Limits())
        throws
    {
        client = try HTTP2Session(role: .client, limits: clientLimits)
        server = try HTTP2Session(role: .server, limits: serverLimits)
    }

    /// Carries bytes both ways until neither has more to say. `step` cuts them into pieces.
    func settle(step: Int = .max) throws {
        var isBusy = true
        while isBusy {
            isBusy = try carry(client, to: server, step) || carry(server, to: client, step)
        }
    }

    private func carry(_ from: HTTP2Session, to: HTTP2Session, _ step: Int) throws -> Bool {
        let output = ByteBuffer()
        try from.drain(into: output)
        guard !output.isEmpty else { return false }
        var rest = output.bytes[...]
        while !rest.isEmpty {
            try to.receive(Array(rest.prefix(step)))
            rest = rest.dropFirst(step)
        }
        return true
    }

    func get(_ path: String = "/readyz", method: String = "GET", body: [UInt8] = []) throws -> Int32 {
        try client.request(
            method: method, scheme: "https", authority: "podmint", path: path,
            fields: [("Accept", "text/plain"), ("Connection", "close")], body: body)
    }
}

extension HTTP2Session {
    /// All events but the peer's SETTINGS.
    func events() -> [HTTP2Event] {
        var events: [HTTP2Event] = []
        while let event = nextEvent() { if event != .settings { events.append(event) } }
        return events
    }

    func output() throws -> [UInt8] {
        let output = ByteBuffer()
        try drain(into: output, upTo: .max)
        return output.bytes
    }
}
