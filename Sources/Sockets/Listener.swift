// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A listening TCP socket, non-blocking. With SO_REUSEPORT several may listen on one address, one per reactor.
package struct Listener: ~Copyable, Sendable {
    /// What one accept4(2) came to.
    package enum Step: ~Copyable {
        case accepted(Socket, SocketAddress)
        case wouldBlock
        /// No descriptors left: the waiting peer was turned away, so that the backlog does not spin the loop.
        case turnedAway
    }

    private let descriptor: FileDescriptor
    /// Held back for `turnedAway`: closing it makes room to accept one peer and close it again.
    private var spare: FileDescriptor?

    package var rawValue: CInt { descriptor.rawValue }

    /// The kernel clamps the backlog to net.core.somaxconn (4096 by default). Without `sharing` it fails where anybody
    /// listens already, be it another process of the same user.
    package static func listening(
        on address: SocketAddress, backlog: CInt = 1024, sharing: Bool = true
    ) throws(SystemCallError) -> Listener {
        let descriptor = FileDescriptor(
            owning: try systemCall("socket") {
                socket(
                    address.family,
                    CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
        var on: CInt = 1
        var shared: CInt = sharing ? 1 : 0
        let size = socklen_t(MemoryLayout<CInt>.size)
        try systemCall("setsockopt") { setsockopt(descriptor.rawValue, SOL_SOCKET, SO_REUSEADDR, &on, size) }
        try systemCall("setsockopt") {
            setsockopt(descriptor.rawValue, SOL_SOCKET, SO_REUSEPORT, &shared, size)
        }
        try systemCall("bind") { address.withSockaddr { bind(descriptor.rawValue, $0, $1) } }
        try systemCall("listen") { listen(descriptor.rawValue, backlog) }
        return Listener(owning: descriptor)
    }

    package init(owning descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
        spare = Self.openSpare()
    }

    /// Gives the descriptor away, to be owned by a listener on another thread.
    package consuming func release() -> CInt { descriptor.release() }

    /// The address with the port that the kernel chose for port 0. getsockname(2)
    package func localAddress() throws(SystemCallError) -> SocketAddress {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(rawValue, $0, &size) }
        }
        guard result == 0, let address = SocketAddress(&storage) else { throw SystemCallError("getsockname") }
        return address
    }

    package mutating func accept() throws(SystemCallError) -> Step {
        while true {
            var storage = sockaddr_storage()
            let accepted = accept4(&storage)
            if accepted >= 0 {
                let socket = Socket(owning: FileDescriptor(owning: accepted))
                socket.disableNagle()
                return .accepted(socket, SocketAddress(&storage) ?? SocketAddress(ip: [0, 0, 0, 0], port: 0))
            }
            switch errno {
            case EAGAIN: return .wouldBlock
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                turnAwayOne()
                return .turnedAway
            // accept(2): errors of the peer's own connection come up here, and mean no more than that it is gone.
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: continue
            default: throw SystemCallError("accept4")
            }
        }
    }

    private mutating func turnAwayOne() {
        spare = nil
        var storage = sockaddr_storage()
        let accepted = accept4(&storage)
        if accepted >= 0 { _ = FileDescriptor(owning: accepted) }
        spare = Self.openSpare()
    }

    private func accept4(_ storage: inout sockaddr_storage) -> CInt {
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                CLinux.accept4(rawValue, $0, &size, CInt(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
            }
        }
    }

    private static func openSpare() -> FileDescriptor? {
        let opened = open("/dev/null", O_RDONLY | O_CLOEXEC)
        return opened >= 0 ? FileDescriptor(owning: opened) : nil
    }
}
