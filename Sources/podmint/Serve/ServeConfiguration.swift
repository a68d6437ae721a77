// SPDX-License-Identifier: Apache-2.0
internal import Logging
internal import Policies
internal import SigningProtocol
internal import Sockets

/// A setting that cannot be used: what was found, and what would do.
struct ConfigurationError: Error, Equatable {
    let what: String
    let hint: String
}

/// All that `serve` is told, parsed.
struct ServeConfiguration {
    let listen: SocketAddress
    let agentListen: SocketAddress
    let healthListen: SocketAddress
    let kubeconfig: String?
    let context: String?
    let namespace: String
    let advertise: AdvertisedURL
    let agentAdvertise: AdvertisedURL
    let ownCertificate: CertificateFiles?
    let clientAuthority: String?
    let agentImage: String
    /// Beside those that podmint knows.
    let meshContainers: [String]
    let clusterDomain: String
    let names: ClusterNames
    let keyEncryptionKey: KeyEncryptionSource?
    let auditFile: String?
    let shutdownDelay: Duration
    let logFormat: LogFormat?
    let logLevel: Logger.Level

    /// A serving certificate that somebody else keeps.
    struct CertificateFiles {
        let certificate: String
        let key: String
    }

    enum LogFormat: String { case json, text }

    init(settings: Settings) throws(ConfigurationError) {
        namespace = try Self.namespace(settings)
        listen = try Self.address(settings, "listen", standard: "0.0.0.0:8443")
        agentListen = try Self.address(settings, "agent-listen", standard: "0.0.0.0:8444")
        healthListen = try Self.address(settings, "health-listen", standard: "0.0.0.0:9090")
        kubeconfig = settings["kubeconfig"]
        context = settings["context"]
        advertise =
            try Self.url(settings, "advertise") ?? AdvertisedURL(host: "podmint.\(namespace).svc", port: 443)
        if let url = try Self.url(settings, "agent-advertise") {
            agentAdvertise = url
        } else {
            agentAdvertise = try Self.agentURL(advertise, agentListen)
        }
        ownCertificate = try Self.certificateFiles(settings)
        clientAuthority = settings["client-ca"]
        agentImage = settings["agent-image"] ?? InstallOptions().agentImage
        meshContainers = try Self.meshContainers(settings)
        clusterDomain = settings["cluster-domain"] ?? InstallOptions().clusterDomain
        names = try Self.names(settings, clusterDomain)
        keyEncryptionKey = try KeyEncryptionSource(settings: settings)
        auditFile = settings["audit-file"]
        shutdownDelay = try Self.duration(settings, "shutdown-delay", standard: .seconds(10))
        logFormat = try Self.choice(settings, "log-format", of: ["json", "text"], LogFormat.init(rawValue:))
        logLevel =
            try Self.choice(
                settings, "log-level", of: Logger.Level.allCases.map(\.rawValue), Logger.Level.init(rawValue:)
            )
            ?? .info
    }

    private static func namespace(_ settings: Settings) throws(ConfigurationError) -> String {
        let name = settings["namespace"] ?? InstallOptions().namespace
        guard DNSRules.isLabel(name) else {
            throw ConfigurationError(
                what: "--namespace \(name) is not the name of a namespace",
                hint: "write lower-case letters, digits and hyphens, like podmint-system")
        }
        return name
    }

    private static func meshContainers(_ settings: Settings) throws(ConfigurationError) -> [String] {
        let names = (settings["mesh-containers"] ?? "").split(separator: ",").map(String.init)
        for name in names where !DNSRules.isLabel(name) {
            throw ConfigurationError(
                what: "--mesh-containers: \"\(name)\" is not the name of a container",
                hint: "write them separated by commas, without blanks, like cni-setup,net-init")
        }
        return names
    }

    private static func names(
        _ settings: Settings, _ clusterDomain: String
    ) throws(ConfigurationError) -> ClusterNames {
        let trustDomain = settings["trust-domain"] ?? clusterDomain
        for (flag, name) in [("cluster-domain", clusterDomain), ("trust-domain", trustDomain)]
        where !DNSRules.isName(name) {
            throw ConfigurationError(
                what: "--\(flag) \(name) is not a DNS name",
                hint: "write it in lower case without a final dot, like cluster.local")
        }
        guard let names = ClusterNames(clusterDomain: clusterDomain, trustDomain: trustDomain) else {
            preconditionFailure("both were DNS names just now")
        }
        return names
    }

    private static func agentURL(
        _ advertise: AdvertisedURL, _ listen: SocketAddress
    ) throws(ConfigurationError) -> AdvertisedURL {
        guard listen.port > 0 else {
            throw ConfigurationError(
                what:
                    "--agent-listen \(listen) leaves the port open, and agents must be told one at admission",
                hint: "name a port, or say with --agent-advertise where agents find it")
        }
        return AdvertisedURL(host: advertise.host, port: listen.port)
    }

    private static func address(
        _ settings: Settings, _ name: String, standard: String
    ) throws(ConfigurationError) -> SocketAddress {
        let text = settings[name] ?? standard
        guard let address = SocketAddress(parsing: text) else {
            throw ConfigurationError(
                what: "--\(name) \(text) is not an address and a port",
                hint: "write \(standard), 127.0.0.1:0 or [::]:8443")
        }
        return address
    }

    private static func url(_ settings: Settings, _ name: String) throws(ConfigurationError) -> AdvertisedURL?
    {
        guard let text = settings[name] else { return nil }
        guard let url = AdvertisedURL(text) else {
            throw ConfigurationError(
                what: "--\(name) \(text) is not an https URL of host and port",
                hint: "write it without a path, like https://127.0.0.1:8443")
        }
        return url
    }

    private static func duration(
        _ settings: Settings, _ name: String, standard: Duration
    ) throws(ConfigurationError) -> Duration {
        guard let text = settings[name] else { return standard }
        guard let seconds = DurationText.seconds(in: text) else {
            throw ConfigurationError(what: "--\(name) \(text) is not a duration", hint: "write 10s or 1m30s")
        }
        return .seconds(seconds)
    }

    private static func choice<Value>(
        _ settings: Settings, _ name: String, of words: [String], _ parse: (String) -> Value?
    ) throws(ConfigurationError) -> Value? {
        guard let text = settings[name] else { return nil }
        guard let value = parse(text) else {
            throw ConfigurationError(
                what: "--\(name) \(text) is not known", hint: "one of \(words.joined(separator: ", "))")
        }
        return value
    }

    private static func certificateFiles(_ settings: Settings) throws(ConfigurationError) -> CertificateFiles?
    {
        switch (settings["cert-file"], settings["key-file"]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return CertificateFiles(certificate: certificate, key: key)
        default:
            throw ConfigurationError(
                what: "--cert-file and --key-file go together, and only one of them was given",
                hint: "give both, or neither: podmint then makes its own serving certificate")
        }
    }
}
