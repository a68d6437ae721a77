// SPDX-License-Identifier: Apache-2.0

/// Where podmint's listener for agents is: the host of `PODMINT_SERVER` and its port.
///
/// Refuses other schemes than https, user names, paths, queries and fragments: what it cannot honour it must
/// not silently drop.
struct ServerEndpoint: Hashable {
    enum Host: Hashable {
        case name(String)
        case address(IPAddress)
    }

    let host: Host
    let port: UInt16

    init?(parsing text: String) {
        guard text.utf8.count <= 512, text.lowercased().hasPrefix("https://") else { return nil }
        var authority = text.dropFirst("https://".count)
        if authority.last == "/" { authority.removeLast() }
        guard let (host, port) = Self.split(authority) else { return nil }
        if let address = IPAddress(parsing: String(host)) {
            self.host = .address(address)
        } else {
            guard let name = Self.hostName(host) else { return nil }
            self.host = .name(name)
        }
        self.port = port
    }

    /// What the certificate must be for, and what `Host` carries without its port.
    var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.text
        }
    }

    /// RFC 9110 section 7.2.
    var hostField: String {
        let name =
            if case .address(let address) = host, address.isIPv6 { "[\(address.text)]" } else { hostText }
        return port == 443 ? name : "\(name):\(port)"
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: UInt16)? {
        var host = authority
        var rest: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            guard host.contains(":") else { return nil }
            rest = authority[authority.index(after: end)...]
        } else {
            host = authority.prefix { $0 != ":" }
            rest = authority[host.endIndex...]
        }
        guard !rest.isEmpty else { return (host, 443) }
        guard rest.removeFirst() == ":", rest.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        guard let port = UInt16(rest), port > 0 else { return nil }
        return (host, port)
    }

    /// Letters, digits, hyphens and underscores in labels of 1-63, 253 in all; one trailing dot is dropped.
    private static func hostName(_ text: Substring) -> String? {
        var name = text.lowercased()
        if name.last == "." { name.removeLast() }
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.allSatisfy(isHostByte) && label.first != 45
                && label.last != 45
        }
        // A name that ends in a number is an IPv4 address gone wrong (WHATWG URL, "ends in a number").
        guard areLabels, name.utf8.count <= 253, labels.last?.allSatisfy({ (48...57).contains($0) }) == false
        else { return nil }
        return name
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
    }
}
