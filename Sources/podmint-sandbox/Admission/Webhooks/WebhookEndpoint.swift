// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// Where a webhook listens and how it is told apart from an impostor.
struct WebhookEndpoint: Hashable, Sendable {
    /// As the API server writes it in its errors.
    var url: String
    var path: String
    /// What is dialled; for a Service that is what the mapping says.
    var host: String
    var port: Int
    var serverName: String
    var authorities: String
    /// An API server offers HTTP/2 only to loopback URLs; a Service always gets HTTP/1.1.
    var offersHTTP2: Bool

    /// What cannot be dialled, in words for the failure policy.
    struct Unreachable: Error {
        let why: String
    }

    init(_ config: JSONValue, services: ServiceMap) throws(Unreachable) {
        authorities = Self.pem(config.text("caBundle"))
        if let service = config.find("service") {
            let namespace = service.text("namespace") ?? ""
            let name = service.text("name") ?? ""
            let number = Int(service.number("port") ?? 443)
            let given = service.text("path") ?? "/"
            path = given.hasPrefix("/") ? given : "/" + given
            url = "https://\(name).\(namespace).svc:\(number)\(path)"
            serverName = "\(name).\(namespace).svc"
            offersHTTP2 = false
            guard let address = services.address(namespace, name, number) else {
                throw Unreachable(
                    why:
                        "Post \"\(url)?timeout\": service \"\(name)\" not found (this sandbox reaches a Service only by "
                        + "--service \(namespace)/\(name):\(number)=HOST:PORT)")
            }
            (host, port) = (address.host, address.port)
            return
        }
        let text = config.text("url") ?? ""
        guard let parsed = HostAndPort(url: text) else {
            throw Unreachable(why: "the URL \"\(text)\" is not usable")
        }
        url = text
        path = parsed.path
        host = parsed.host
        port = parsed.port
        serverName = parsed.host
        offersHTTP2 = parsed.host == "localhost" || parsed.host == "::1" || parsed.host.hasPrefix("127.")
    }

    /// `caBundle` is base64 of PEM.
    private static func pem(_ text: String?) -> String {
        text.flatMap { Base64.decode($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// `https://host:port/path`, taken apart; the host may be an address in brackets.
struct HostAndPort: Hashable, Sendable {
    var host: String
    var port: Int
    var path: String

    init?(url: String) {
        guard url.hasPrefix("https://") else { return nil }
        let rest = url.dropFirst("https://".count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = slash == rest.endIndex ? "/" : String(rest[slash...])
        guard let authority = HostAndPort(authority: String(rest[..<slash]), defaultPort: 443) else {
            return nil
        }
        host = authority.host
        port = authority.port
    }

    init?(authority: String, defaultPort: Int? = nil) {
        path = ""
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            host = String(authority[authority.index(after: authority.startIndex)..<end])
            let after = authority[authority.index(after: end)...]
            guard let number = after.isEmpty ? defaultPort : Int(after.dropFirst()) else { return nil }
            port = number
        } else if let colon = authority.lastIndex(of: ":") {
            guard let number = Int(authority[authority.index(after: colon)...]) else { return nil }
            host = String(authority[..<colon])
            port = number
        } else {
            guard let defaultPort else { return nil }
            host = authority
            port = defaultPort
        }
        guard !host.isEmpty, (0...65_535).contains(port) else { return nil }
    }
}

/// Which address stands for which Service: `NS/NAME:PORT=HOST:PORT`, given on the command line.
struct ServiceMap: Sendable {
    private var addresses: [String: HostAndPort] = [:]

    /// Refuses a mapping that does not name both ends.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    static let empty = ServiceMap()

    private init() {}

    init(_ mappings: [String]) throws(Malformed) {
        for mapping in mappings {
            let parts = mapping.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].contains("/"), parts[0].contains(":"),
                let address = HostAndPort(authority: parts[1])
            else {
                throw Malformed(description: "found \"\(mapping)\", wanted NAMESPACE/NAME:PORT=HOST:PORT")
            }
            addresses[parts[0]] = address
        }
    }

    func address(_ namespace: String, _ name: String, _ port: Int) -> HostAndPort? {
        addresses["\(namespace)/\(name):\(port)"]
    }
}
