// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP

/// One version of HTTP on one server connection. Reads from the connection's input, writes to its output; the
/// connection does the I/O. An exchange is a request and its answer: counted in HTTP/1.1, a stream in HTTP/2.
protocol ServerEngine: AnyObject {
    /// Where the next bytes from the peer belong, and how many at most; nil to leave them in the kernel for now.
    func readTarget() -> (buffer: ByteBuffer, room: Int)?
    /// That many bytes were appended to the target.
    func received(_ count: Int)
    /// Some or all of the output went out.
    func outputTaken()
    /// Nobody will read answers any more: cancel what runs.
    func peerLeft()

    func deliver(_ response: HTTPResponse, to exchange: Int32)
    func write(_ bytes: [UInt8], on exchange: Int32)
    func finish(_ exchange: Int32)
    /// The stream's peer is too slow for it.
    func cutOff(_ exchange: Int32)

    /// Tells the peer, where the version can, that no new requests should come here; final: that none are taken.
    func announceEnd(final: Bool)
    /// No request is under way.
    var isIdle: Bool { get }
    /// When `expire` is due, in milliseconds of the reactor's clock.
    var deadline: Int64 { get }
    func expire(at now: Int64)
}
