// SPDX-License-Identifier: Apache-2.0

/// Which addresses say who a peer is. Loopback, unspecified, link-local, multicast and broadcast addresses mean
/// another machine to each who reads them.
package enum AddressRules {
    package static func namesOnePod(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: namesOnePod(v4: address)
        case 16: namesOnePod(v6: address)
        default: false
        }
    }

    /// 127.0.0.0/8 and `::1`: the machine itself, whichever that is.
    static func isLoopback(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: address[0] == 127
        case 16: address.dropLast().allSatisfy { $0 == 0 } && address[15] == 1
        default: false
        }
    }

    private static func namesOnePod(v4 address: [UInt8]) -> Bool {
        switch address[0] {
        case 0, 127, 224...: false
        case 169: address[1] != 254
        default: true
        }
    }

    private static func namesOnePod(v6 address: [UInt8]) -> Bool {
        let zeros = address.prefix { $0 == 0 }.count
        // `::`, `::1`, and IPv4 in IPv6 (`::ffff:a.b.c.d`, `::a.b.c.d`), which would dodge the rules above.
        if zeros >= 10 { return false }
        if address[0] == 0xff { return false }
        return !(address[0] == 0xfe && address[1] & 0xc0 == 0x80)
    }
}
