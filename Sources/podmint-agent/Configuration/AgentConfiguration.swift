// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// What injection asked of this agent, read once from the environment.
///
/// Every variable that is missing or unreadable is named at once, so that one look at the log mends them all.
/// Trust, token, passwords and authorities are read again when they are needed; here only their places are kept.
struct AgentConfiguration {
    let server: ServerEndpoint
    let fallbackAddresses: [IPAddress]
    let trustPEM: String
    let trustFile: String?
    let tokenFile: String
    /// At least one.
    let certificates: [CertificateSettings]
    /// `namespace/name`, for messages only: podmint believes the token.
    let podText: String
    /// What the node gave the pod when this container was started; empty where it did not say.
    let podAddresses: [IPAddress]

    init(environment: [String: String]) throws(ConfigurationError) {
        var reader = EnvironmentReader(environment: environment)
        let server = reader.required(.server, "an https URL such as https://podmint.podmint-system.svc:8444")
        {
            ServerEndpoint(parsing: $0)
        }
        fallbackAddresses =
            reader.optional(.serverAddresses, "up to 16 IP addresses, separated by commas", Self.addresses)
            ?? []
        trustPEM = reader.text(.trust) ?? ""
        trustFile = reader.optional(.trustFile, EnvironmentReader.pathWanted, EnvironmentReader.path)
        if trustPEM.isEmpty, trustFile == nil {
            reader.refuse(
                "neither \(AgentEnvironment.trust.name) nor \(AgentEnvironment.trustFile.name) is set: "
                    + "podmint could not be told from an impostor")
        }
        tokenFile =
            reader.optional(.tokenFile, EnvironmentReader.pathWanted, EnvironmentReader.path)
            ?? CertificatePaths.tokenFile
        certificates = (0..<reader.certificateCount).map { CertificateSettings($0, from: &reader) }
        for (index, one) in certificates.enumerated() {
            let same = certificates[..<index].contains { $0.directory == one.directory }
            if same { reader.refuse("two certificates are to go to \(one.directory)") }
        }
        let namespace = reader.text(.podNamespace) ?? "?"
        podText = "\(namespace)/\(reader.text(.podName) ?? "?")"
        // The node's words, not injection's: what cannot be read is no reason to be without a certificate.
        podAddresses = reader.text(.podAddresses).flatMap(Self.addresses) ?? []
        guard let server, reader.faults.isEmpty else { throw ConfigurationError(faults: reader.faults) }
        self.server = server
    }

    /// The certificates alone, for `probe`, which needs nothing else of the environment to be right. What is unreadable
    /// is as if it were not there: `run` tells.
    static func certificates(in environment: [String: String]) -> [CertificateSettings] {
        var reader = EnvironmentReader(environment: environment)
        return (0..<reader.certificateCount).map { CertificateSettings($0, from: &reader) }
    }

    /// Dual-stack Services have two; sixteen leaves room and bounds a round of attempts at 80 s.
    private static func addresses(_ text: String) -> [IPAddress]? {
        let parts = text.split(separator: ",").map { $0.filter { $0 != " " } }
        let addresses = parts.compactMap { IPAddress(parsing: String($0)) }
        return addresses.count == parts.count && (1...16).contains(parts.count) ? addresses : nil
    }
}

/// The environment does not say what an agent needs to know: a fault of who wrote the container's spec.
struct ConfigurationError: Error, CustomStringConvertible {
    let faults: [String]

    var description: String { faults.joined(separator: "; ") }
    static let hint = "podmint's injection sets these variables; was the container's env changed afterwards?"
}
