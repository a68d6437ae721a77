// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A non-blocking TCP socket; closed with its owner. Ignore SIGPIPE (`SignalMask`) before writing to one.
package struct Socket: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    package init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    package var rawValue: CInt { descriptor.rawValue }

    /// What one read or write came to. "Try again" and "the peer is done" are results, not errors.
    package enum Step: Equatable {
        case bytes(Int)
        case wouldBlock
        case closed
    }

    /// Begins to connect; the socket becomes writable when that is settled. Then ask `connectionError()`.
    package static func connecting(to address: SocketAddress) throws(SystemCallError) -> Socket {
        let socket = Socket(
            owning: FileDescriptor(
                owning: try systemCall("socket") {
                    CLinux.socket(
                        address.family,
                        CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
                }))
        socket.disableNagle()
        let result = address.withSockaddr { connect(socket.rawValue, $0, $1) }
        // An interrupted connect(2) goes on by itself, as EINPROGRESS does.
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else { throw SystemCallError("connect") }
        return socket
    }

    /// Connects or fails within the time given; for callers without a reactor.
    package static func connected(to address: SocketAddress, within milliseconds: Int) throws(SystemCallError)
        -> Socket
    {
        let socket = try connecting(to: address)
        guard try socket.wait(for: .writable, milliseconds: milliseconds) else {
            throw SystemCallError("connect", code: ETIMEDOUT)
        }
        if let failure = socket.connectionError() { throw failure }
        return socket
    }

    /// The result of a connect that has settled; nil when the connection stands. getsockopt(SO_ERROR)
    package func connectionError() -> SystemCallError? {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        guard getsockopt(rawValue, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            return SystemCallError("getsockopt")
        }
        return code == 0 ? nil : SystemCallError("connect", code: code)
    }

    /// poll(2) on this one socket; false when the time ran out.
    package func wait(for readiness: Readiness, milliseconds: Int) throws(SystemCallError) -> Bool {
        var events: CInt = 0
        if readiness.contains(.readable) { events |= POLLIN }
        if readiness.contains(.writable) { events |= POLLOUT }
        let deadline = MonotonicClock.now() + Int64(max(0, milliseconds))
        while true {
            let left = max(0, deadline - MonotonicClock.now())
            var entry = pollfd(fd: rawValue, events: Int16(events), revents: 0)
            let result = poll(&entry, 1, CInt(clamping: left))
            if result > 0 { return true }
            if result == 0 { return false }
            guard errno == EINTR else { throw SystemCallError("poll") }
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Step {
        while true {
            let count = Glibc.read(rawValue, buffer.baseAddress, buffer.count)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .closed }
            if errno == EAGAIN { return .wouldBlock }
            if errno != EINTR { throw SystemCallError("read") }
        }
    }

    package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) -> Step {
        while true {
            let count = Glibc.write(rawValue, buffer.baseAddress, buffer.count)
            if count >= 0 { return .bytes(count) }
            if errno == EAGAIN { return .wouldBlock }
            if errno == EPIPE || errno == ECONNRESET { return .closed }
            if errno != EINTR { throw SystemCallError("write") }
        }
    }

    /// Says that nothing more will be written. shutdown(2)
    package func finishWriting() { _ = shutdown(rawValue, CInt(SHUT_WR)) }

    /// Answers are written whole, so waiting for more (Nagle) only adds latency.
    package func disableNagle() {
        var on: CInt = 1
        setsockopt(rawValue, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }
}
