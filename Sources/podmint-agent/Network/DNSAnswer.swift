// SPDX-License-Identifier: Apache-2.0
internal import Sockets

/// The addresses in a DNS answer (RFC 1035 section 4.1), read strictly and only as far as needed.
///
/// Names are stepped over, never decompressed, so a pointer loop costs nothing; a record that claims more than
/// there is ends the reading.
enum DNSAnswer {
    /// A Service has one or two addresses, a headless one as many as it has pods; sixteen are plenty to try.
    static let addressLimit = 16

    static func addresses(in message: [UInt8], of type: DNSQuery.RecordType) -> [IPAddress] {
        var reader = Reader(message: message)
        guard reader.skip(4), let questions = reader.number(2), let answers = reader.number(2), reader.skip(4)
        else { return [] }
        for _ in 0..<questions { guard reader.skipName(), reader.skip(4) else { return [] } }
        var addresses: [IPAddress] = []
        for _ in 0..<answers where addresses.count < addressLimit {
            guard reader.skipName(), let kind = reader.number(2), let network = reader.number(2),
                reader.skip(4),
                let size = reader.number(2), let content = reader.bytes(size)
            else { break }
            // CNAME records may stand before what they lead to.
            guard kind == type.rawValue, network == internet, size == (type == .a ? 4 : 16) else { continue }
            if let address = IPAddress(bytes: content) { addresses.append(address) }
        }
        return addresses
    }

    private static let internet = 1

    private struct Reader {
        let message: [UInt8]
        var position = 0

        mutating func skip(_ count: Int) -> Bool {
            guard count <= message.count - position else { return false }
            position += count
            return true
        }

        mutating func bytes(_ count: Int) -> [UInt8]? {
            let start = position
            return skip(count) ? Array(message[start..<position]) : nil
        }

        mutating func number(_ size: Int) -> Int? { bytes(size)?.reduce(0) { $0 << 8 | Int($1) } }

        /// Labels up to the root or to a pointer, which ends a name.
        mutating func skipName() -> Bool {
            while let length = number(1) {
                switch length {
                case 0: return true
                case 1...63: guard skip(length) else { return false }
                case 0xC0...0xFF: return skip(1)
                default: return false
                }
            }
            return false
        }
    }
}
