// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address with a port. Names are not resolved here.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes in network order.
    package let ip: [UInt8]
    package let port: UInt16

    package init(ip: [UInt8], port: UInt16) {
        precondition(ip.count == 4 || ip.count == 16, "an IP address is 4 or 16 bytes long")
        self.ip = ip
        self.port = port
    }

    /// `127.0.0.1:8443`, `[::1]:8443`, or `:8443` for every address (IPv6 and IPv4 both).
    package init?(parsing text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.isEmpty {
            host = "::"
        } else if host.first == "[" {
            guard host.last == "]", host.count > 2 else { return nil }
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    /// An IP address in text; nil for a name.
    package init?(host: String, port: UInt16) {
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, host, &four) == 1 {
            self.init(ip: withUnsafeBytes(of: &four) { Array($0) }, port: port)
        } else if inet_pton(AF_INET6, host, &six) == 1 {
            self.init(ip: withUnsafeBytes(of: &six) { Array($0) }, port: port)
        } else {
            return nil
        }
    }

    package var isIPv6: Bool { ip.count == 16 }

    /// The address alone, without its port.
    package var host: String {
        let family = isIPv6 ? AF_INET6 : AF_INET
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            let written = ip.withUnsafeBytes {
                inet_ntop(family, $0.baseAddress, text.baseAddress, socklen_t(text.count))
            }
            return written.map { String(cString: $0) } ?? "?"
        }
    }

    package var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

// sockaddr
extension SocketAddress {
    var family: CInt { isIPv6 ? AF_INET6 : AF_INET }

    init?(_ storage: inout sockaddr_storage) {
        self.init(reading: &storage)
    }

    private init?(reading storage: UnsafeMutablePointer<sockaddr_storage>) {
        let raw = UnsafeRawPointer(storage)
        switch CInt(storage.pointee.ss_family) {
        case AF_INET:
            var address = raw.load(as: sockaddr_in.self)
            let bytes = withUnsafeBytes(of: &address.sin_addr) { Array($0) }
            self.init(ip: bytes, port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            var address = raw.load(as: sockaddr_in6.self)
            let bytes = withUnsafeBytes(of: &address.sin6_addr) { Array($0) }
            // A dual-stack listener reports IPv4 peers as ::ffff:a.b.c.d.
            let mapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self.init(ip: mapped ? Array(bytes[12...]) : bytes, port: UInt16(bigEndian: address.sin6_port))
        default:
            return nil
        }
    }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: ip) }
            return withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: ip) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
