// SPDX-License-Identifier: Apache-2.0
internal import Sockets

/// An IPv4 or IPv6 address without a port. Zones (`%eth0`) and shortened IPv4 (`127.1`) are refused.
struct IPAddress: Hashable {
    /// 4 or 16, in network byte order.
    let bytes: [UInt8]

    init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    init?(parsing text: String) {
        guard let address = SocketAddress(host: text, port: 0) else { return nil }
        bytes = address.ip
    }

    var isIPv6: Bool { bytes.count == 16 }
    var text: String { SocketAddress(ip: bytes, port: 0).host }

    func socketAddress(port: UInt16) -> SocketAddress { SocketAddress(ip: bytes, port: port) }
}
