// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import Testing

@testable import Sockets

struct ReactorTests {
    /// Runs on the reactor and gives back what came of it.
    private func on<Result: Sendable>(_ reactor: Reactor, _ body: @escaping @Sendable () -> Result) async
        -> Result
    {
        await withCheckedContinuation { done in reactor.submit { done.resume(returning: body()) } }
    }

    @Test func `runs jobs in order, its own after those before them`() async throws {
        let reactor = try Reactor.start()
        defer { reactor.stop() }
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { done in
            reactor.submit {
                #expect(reactor.isCurrent)
                reactor.submit {
                    seen.withLock { $0.append(2) }
                    reactor.submit { done.resume() }
                }
                seen.withLock { $0.append(1) }
            }
        }
        #expect(seen.withLock { $0 } == [1, 2] && !reactor.isCurrent)
    }

    @Test func `takes no job once it has stopped`() throws {
        let reactor = try Reactor.start()
        reactor.stop()
        #expect(reactor.submit {} == false)
    }

    @Test func `calls timers, not cancelled ones`() async throws {
        let reactor = try Reactor.start()
        defer { reactor.stop() }
        let order = await withCheckedContinuation { done in
            reactor.submit {
                let seen = Box()
                let cancelled = reactor.schedule(afterMilliseconds: 1) { seen.values.append(0) }
                _ = reactor.schedule(afterMilliseconds: 20) { done.resume(returning: seen.values) }
                _ = reactor.schedule(afterMilliseconds: 5) { seen.values.append(5) }
                reactor.cancel(cancelled)
            }
        }
        #expect(order == [5])
    }

    @Test func `tells sources of readiness until they are unregistered`() async throws {
        let reactor = try Reactor.start()
        defer { reactor.stop() }
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        let reading = FileDescriptor(owning: ends[0])
        let writing = FileDescriptor(owning: ends[1])
        let descriptor = reading.rawValue
        let seen = Mutex(0)
        let token: Reactor.Token? = await withCheckedContinuation { done in
            reactor.submit {
                let source = PipeSource(descriptor) { seen.withLock { $0 += 1 } }
                done.resume(returning: try? reactor.register(descriptor, for: .readable, source))
            }
        }
        let registered = try #require(token)
        _ = write(writing.rawValue, "x", 1)
        while seen.withLock({ $0 }) == 0 { await Task.yield() }
        await on(reactor) { reactor.unregister(registered) }
        _ = write(writing.rawValue, "x", 1)
        await on(reactor) {}
        #expect(seen.withLock { $0 } == 1)
    }

    @Test func `accepts on a port of the kernel's choice, more than one listener on it`() async throws {
        var first = try Listener.listening(on: SocketAddress(ip: [127, 0, 0, 1], port: 0))
        let address = try first.localAddress()
        #expect(address.port != 0)
        do {
            let second = try Listener.listening(on: address)
            #expect(try second.localAddress() == address)
        }
        let client = try Socket.connected(to: address, within: 1000)
        guard case .accepted(let server, let peer) = try first.accept() else {
            Issue.record("nobody came")
            return
        }
        #expect(peer.host == "127.0.0.1")
        let written = try [UInt8](repeating: 1, count: 5).withUnsafeBytes { bytes throws(SystemCallError) in
            try client.write(bytes)
        }
        #expect(written == .bytes(5))
        #expect(try server.wait(for: .readable, milliseconds: 1000))
        guard case .wouldBlock = try first.accept() else {
            Issue.record("somebody else came")
            return
        }
    }

    @Test func `says what failed`() {
        #expect(SystemCallError("connect", code: ECONNREFUSED).description == "connect: Connection refused")
        #expect(throws: SystemCallError("connect", code: ECONNREFUSED)) {
            _ = try Socket.connected(to: SocketAddress(ip: [127, 0, 0, 1], port: 1), within: 1000)
        }
    }
}

private final class Box { var values: [Int] = [] }

private final class PipeSource: ReactorSource {
    private let descriptor: CInt
    private let action: () -> Void

    init(_ descriptor: CInt, _ action: @escaping () -> Void) {
        self.descriptor = descriptor
        self.action = action
    }

    func ready(_ readiness: Readiness) {
        var byte: UInt8 = 0
        _ = read(descriptor, &byte, 1)
        action()
    }
}
