// SPDX-License-Identifier: Apache-2.0

/// `https://host[:port]`, without path, query or user: what a webhook's `clientConfig.url` or an agent may be given.
struct AdvertisedURL: Equatable {
    let host: String
    let port: UInt16

    init?(_ text: String) {
        guard text.hasPrefix("https://") else { return nil }
        var authority = text.dropFirst("https://".count)
        if authority.last == "/" { authority = authority.dropLast() }
        guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        let (name, portText) = Self.split(authority)
        guard let name, !name.isEmpty else { return nil }
        switch portText {
        case nil: port = 443
        case let text?:
            guard let number = UInt16(text), number > 0 else { return nil }
            port = number
        }
        host = String(name)
    }

    init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// An IPv6 address goes in brackets (RFC 3986 section 3.2.2); port 443 goes without saying.
    var text: String {
        let authority = host.contains(":") ? "[\(host)]" : host
        return "https://\(authority)\(port == 443 ? "" : ":\(port)")"
    }

    private static func split(_ authority: Substring) -> (host: Substring?, port: Substring?) {
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return (nil, nil) }
            let rest = authority[authority.index(after: close)...]
            let host = authority[authority.index(after: authority.startIndex)..<close]
            if rest.isEmpty { return (host, nil) }
            return rest.first == ":" ? (host, rest.dropFirst()) : (nil, nil)
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }
}
