// SPDX-License-Identifier: Apache-2.0
import HTTP
import HTTPTransport
import Sockets
import Testing

@testable import podmint

@Suite struct ListenersTests {
    private struct Nothing: HTTPHandler {
        func respond(to request: borrowing HTTPRequest) -> HTTPAnswer { .now(.text(404, "nothing")) }
    }

    @Test func `an address that is taken is told, though the port could be shared`() throws {
        let reactors = try ReactorGroup(count: 2)
        defer { reactors.stop() }
        let taken = try Listener.listening(on: SocketAddress(ip: [127, 0, 0, 1], port: 0))
        let address = try taken.localAddress()
        let listeners = Listeners(reactors: reactors)
        do {
            try listeners.open("listen", at: address, .plain, Nothing())
            Issue.record("opened")
        } catch {
            #expect(error.text.contains("cannot listen on \(address)") && error.text.contains("--listen"))
        }
        _ = taken.release()
    }
}
