// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Host names to addresses by DNS alone: `/etc/resolv.conf` with its search list and ndots, no `/etc/hosts`, no
/// NSS, since getaddrinfo(3) of a static glibc wants shared libraries at run time.
///
/// Blocks for at most `timeout` × attempts × name servers for each name of the search list.
struct NameResolver {
    enum Answer: Equatable {
        case addresses([IPAddress])
        /// The name servers know no such name, or no address of it.
        case unknown
        /// No name server answered in time or could.
        case unavailable
    }

    let resolve: (String) -> Answer

    static var system: NameResolver { NameResolver(resolve: resolveByDNS) }

    private static func resolveByDNS(_ name: String) -> Answer {
        // RFC 6761 section 6.3: never asked of a server.
        if name == "localhost" || name.hasSuffix(".localhost") {
            return .addresses(["127.0.0.1", "::1"].compactMap { IPAddress(parsing: $0) })
        }
        var addresses: [IPAddress] = []
        var isUnavailable = false
        for type in [DNSAnswer.RecordType.a, .aaaa] {
            switch lookUp(name, type) {
            case .message(let message): addresses += DNSAnswer.addresses(in: message, of: type)
            case .nothing: break
            case .failed: isUnavailable = true
            }
        }
        if !addresses.isEmpty { return .addresses(addresses) }
        return isUnavailable ? .unavailable : .unknown
    }

    private enum Lookup {
        case message([UInt8])
        case nothing
        case failed
    }

    /// Two seconds and two attempts: a cluster's DNS answers in milliseconds, and the caller tries for ever.
    private static func lookUp(_ name: String, _ type: DNSAnswer.RecordType) -> Lookup {
        var message = [UInt8](repeating: 0, count: answerLimit)
        let count = unsafe message.withUnsafeMutableBytes { buffer in
            unsafe podmint_res_search(name, CInt(type.rawValue), 2, 2, buffer.baseAddress, CInt(buffer.count))
        }
        switch count {
        case PODMINT_RES_UNKNOWN: return .nothing
        case ..<0: return .failed
        default: return .message(Array(message.prefix(Int(count))))
        }
    }

    /// 16 IPv6 records of 28 bytes and two full names fit into 1 kB; TCP answers are cut here.
    private static let answerLimit = 8192
}
