// SPDX-License-Identifier: Apache-2.0
internal import Sockets

/// Host names to addresses, by DNS alone (`DNSQuery`): both families, in the order that the name servers gave.
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
        for type in [DNSQuery.RecordType.a, .aaaa] {
            // Two seconds, twice: a cluster's DNS answers in milliseconds, and the caller tries for ever.
            switch DNSQuery.send(name, type, seconds: 2, attempts: 2) {
            case .message(let message): addresses += DNSAnswer.addresses(in: message, of: type)
            case .nothing: break
            case .failed: isUnavailable = true
            }
        }
        if !addresses.isEmpty { return .addresses(addresses) }
        return isUnavailable ? .unavailable : .unknown
    }
}
