// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Sockets

/// Looks names up with getaddrinfo(3), which blocks, so on a thread of its own. Literal addresses need no thread.
enum NameResolver {
    enum Outcome: Sendable {
        case addresses([SocketAddress])
        /// In the resolver's words.
        case failed(String)
    }

    /// Calls `then` once, on a thread that is nobody's.
    static func resolve(_ host: String, port: UInt16, then: @escaping @Sendable (Outcome) -> Void) {
        let job = Job { then(lookUp(host, port: port)) }
        let argument = unsafe Unmanaged.passRetained(job).toOpaque()
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, argument)
        guard code == 0 else {
            unsafe Unmanaged<Job>.fromOpaque(argument).release()
            return then(
                .failed("no thread to look up \(host): \(SystemCallError("pthread_create", code: code))"))
        }
        pthread_detach(thread)
    }

    /// All addresses for TCP, in the order of RFC 6724.
    static func lookUp(_ host: String, port: UInt16) -> Outcome {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failed("cannot look up \(host): \(unsafe String(cString: gai_strerror(code)))")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let found = unsafe entry {
            if let address = unsafe address(found.pointee, port), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe entry = found.pointee.ai_next
        }
        return addresses.isEmpty ? .failed("\(host) has no address") : .addresses(addresses)
    }

    private static func address(_ entry: addrinfo, _ port: UInt16) -> SocketAddress? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { text in
            guard
                unsafe getnameinfo(
                    entry.ai_addr, entry.ai_addrlen, text.baseAddress, socklen_t(text.count), nil, 0,
                    NI_NUMERICHOST) == 0,
                let start = text.baseAddress
            else { return nil }
            return SocketAddress(host: unsafe String(cString: start), port: port)
        }
    }

    private final class Job: Sendable {
        let work: @Sendable () -> Void
        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
}
