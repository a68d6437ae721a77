// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// A moment after which a blocking step gives up.
struct Deadline {
    let at: Int64

    init(milliseconds: Int64) { at = MonotonicClock.now() + milliseconds }

    var left: Int64 { max(0, at - MonotonicClock.now()) }
}

/// One TLS connection to podmint, used by a thread that may block: every step ends by a deadline.
struct PodmintConnection: ~Copyable {
    private var session: TLSSession
    private let socket: Socket
    private let address: SocketAddress

    /// Connects and checks podmint's certificate; what fails is told with the address it failed at.
    static func open(
        _ address: SocketAddress, with context: TLSContext, to name: ServerName,
        _ timeouts: SigningClient.Timeouts
    ) throws(AgentFailure) -> PodmintConnection {
        let socket: Socket
        do throws(SystemCallError) {
            socket = try Socket.connected(to: address, within: Int(timeouts.connectMilliseconds))
        } catch {
            throw AgentFailure(
                .unreachable, "\(address): \(error)",
                hint: "is podmint running, and does a NetworkPolicy let this pod reach it?")
        }
        let session: TLSSession
        do throws(OpenSSLError) {
            session = try TLSSession.connecting(socket.rawValue, with: context, to: name)
        } catch { throw AgentFailure(.local, "TLS could not be set up: \(error)") }
        var connection = PodmintConnection(session: session, socket: socket, address: address)
        try connection.handshake(by: Deadline(milliseconds: timeouts.handshakeMilliseconds))
        return connection
    }

    private mutating func handshake(by deadline: Deadline) throws(AgentFailure) {
        while true {
            let step: TLSSession.Step<Void>
            do throws(OpenSSLError) { step = try session.handshake() } catch {
                if let reason = session.verificationFailure {
                    throw AgentFailure(
                        .unreachable, "\(address): podmint's certificate is not trusted: \(reason)",
                        hint:
                            "is this podmint, is ConfigMap podmint-root in this namespace current, and is this "
                            + "node's clock right?")
                }
                throw AgentFailure(.unreachable, "\(address): \(error)")
            }
            switch step {
            case .done: return
            case .needs(let readiness): try wait(for: readiness, by: deadline, "the TLS handshake")
            case .closed:
                throw AgentFailure(.unreachable, "\(address): the connection ended in the TLS handshake")
            }
        }
    }

    mutating func send(_ message: ByteBuffer, by deadline: Deadline) throws(AgentFailure) {
        while !message.isEmpty {
            let step: TLSSession.Step<Int>
            do throws(OpenSSLError) {
                step = try unsafe message.withUnsafeBytes { bytes throws(OpenSSLError) in
                    try unsafe session.write(bytes)
                }
            } catch { throw AgentFailure(.unreachable, "\(address): \(error)") }
            switch step {
            case .done(let count): message.removeFirst(count)
            case .needs(let readiness): try wait(for: readiness, by: deadline, "taking the request")
            case .closed:
                throw AgentFailure(
                    .unreachable, "\(address): the connection ended before the request was sent")
            }
        }
    }

    mutating func receiveResponse(by deadline: Deadline) throws(AgentFailure) -> HTTP1ResponseParser {
        var limits = HTTPLimits()
        limits.bodyBytes = ProtocolLimits.responseBytes
        var parser = HTTP1ResponseParser(answering: .post, limits: limits)
        let input = ByteBuffer(minimumCapacity: Self.readSize)
        while true {
            let isOpen = try receive(into: input, by: deadline)
            do throws(HTTP1Refusal) {
                var step = HTTP1ResponseParser.Step.head
                while step == .head { step = isOpen ? try parser.advance(input) : try parser.endOfInput() }
                if step == .complete { return parser }
            } catch {
                throw AgentFailure(.unusableAnswer, "\(address): what came back is not HTTP: \(error)")
            }
        }
    }

    /// False when the peer is done.
    private mutating func receive(into input: ByteBuffer, by deadline: Deadline) throws(AgentFailure) -> Bool
    {
        while true {
            var readiness: TLSSession.Readiness?
            var isClosed = false
            do throws(OpenSSLError) {
                let count = try unsafe input.appendUnsafe(upTo: Self.readSize) {
                    buffer throws(OpenSSLError) in
                    switch try unsafe session.read(into: buffer) {
                    case .done(let count): return count
                    case .needs(let needed): readiness = needed
                    case .closed: isClosed = true
                    }
                    return 0
                }
                if count > 0 { return true }
            } catch { throw AgentFailure(.unreachable, "\(address): \(error)") }
            if isClosed { return false }
            if let readiness { try wait(for: readiness, by: deadline, "the answer") }
        }
    }

    /// Says goodbye; the socket closes with its owner.
    consuming func close() { session.shutdown() }

    private func wait(for readiness: TLSSession.Readiness, by deadline: Deadline, _ what: String)
        throws(AgentFailure)
    {
        do throws(SystemCallError) {
            let isReady = try socket.wait(
                for: readiness == .readable ? .readable : .writable, milliseconds: Int(deadline.left))
            guard !isReady else { return }
        } catch { throw AgentFailure(.unreachable, "\(address): \(error)") }
        throw AgentFailure(
            .unreachable, "\(address): no time left for \(what)",
            hint: "podmint is slow or the network loses packets")
    }

    /// A TLS record is at most 16 kB.
    private static let readSize = 16 * 1024
}
