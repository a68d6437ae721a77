// SPDX-License-Identifier: Apache-2.0
internal import Sockets

/// Where a client connects to: a name or an IP address, a port, and addresses to fall back on.
package struct HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A DNS name, or an IP address without brackets.
    package let host: String
    package let port: UInt16
    /// IP addresses tried after those the name resolves to, or when it does not resolve.
    package let addresses: [String]

    package init(host: String, port: UInt16, addresses: [String] = []) {
        self.host = host
        self.port = port
        self.addresses = addresses
    }

    /// The endpoint of an `https://host[:port]` or `http://host[:port]` URL, with the path behind it ("" without
    /// one). Nil for anything else: user names, queries and fragments have no place here.
    package static func parsing(url: String) -> (endpoint: HTTPEndpoint, isTLS: Bool, path: String)? {
        let isTLS = url.hasPrefix("https://")
        guard isTLS || url.hasPrefix("http://") else { return nil }
        let rest = url.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.last == "/" { path = path.dropLast() }
        guard !authority.isEmpty,
            !rest.contains(where: { "?#@ \\".contains($0) || $0.asciiValue.map { $0 < 33 } ?? true })
        else { return nil }
        let defaultPort: UInt16 = isTLS ? 443 : 80
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let host = String(authority[authority.index(after: authority.startIndex)..<close])
            let tail = authority[authority.index(after: close)...]
            guard SocketAddress(host: host, port: 0)?.isIPv6 == true, let port = port(tail, defaultPort)
            else { return nil }
            return (HTTPEndpoint(host: host, port: port), isTLS, String(path))
        }
        let host = authority.prefix { $0 != ":" }
        guard !host.isEmpty, let port = port(authority.dropFirst(host.count), defaultPort) else { return nil }
        return (HTTPEndpoint(host: String(host), port: port), isTLS, String(path))
    }

    /// `:6443`, or nothing.
    private static func port(_ text: Substring, _ otherwise: UInt16) -> UInt16? {
        guard !text.isEmpty else { return otherwise }
        guard text.first == ":", let port = UInt16(text.dropFirst()), port > 0 else { return nil }
        return port
    }

    /// `host:port` as `Host` and `:authority` say it.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var description: String { authority }
}
