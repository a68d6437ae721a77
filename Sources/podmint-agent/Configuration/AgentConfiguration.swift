// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// What injection asked of this agent, read once from the environment.
///
/// Every variable that is missing or unreadable is named at once, so that one look at the log mends them all.
/// Trust and token are read again for each request; here only their places are kept.
struct AgentConfiguration {
    let server: ServerEndpoint
    let fallbackAddresses: [IPAddress]
    let trustPEM: String
    let trustFile: String?
    let tokenFile: String
    let policy: PolicyName
    let directory: String
    let keyAlgorithm: KeyAlgorithm
    let mode: FileMode
    let lifetime: CertificateLifetime
    let renewBefore: Int64?
    /// `namespace/name`, for messages only: podmint believes the token.
    let podText: String

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
        trustFile = reader.optional(.trustFile, Self.pathWanted, Self.path)
        if trustPEM.isEmpty, trustFile == nil {
            reader.refuse(
                "neither \(AgentEnvironment.trust.name) nor \(AgentEnvironment.trustFile.name) is set: "
                    + "podmint could not be told from an impostor")
        }
        tokenFile =
            reader.optional(.tokenFile, Self.pathWanted, Self.path) ?? CertificatePaths.tokenFile
        policy =
            reader.optional(.policy, "a policy's name: a DNS label of at most 55 characters") {
                PolicyName(parsing: $0)
            } ?? .standard
        directory =
            reader.optional(.directory, Self.pathWanted, Self.path) ?? CertificatePaths.folder(of: policy)
        keyAlgorithm =
            reader.optional(.keyAlgorithm, Self.algorithmsWanted) { KeyAlgorithm(rawValue: $0) } ?? .ecdsaP256
        mode =
            reader.optional(
                .mode, "octal permissions such as 0440 that the owner can read and no one else write"
            ) {
                FileMode(parsing: $0)
            } ?? .worldReadable
        let lifetime =
            reader.optional(.duration, "a duration from 5m to 2184h") { CertificateLifetime(parsing: $0) }
            ?? .standard
        self.lifetime = lifetime
        renewBefore = reader.optional(
            .renewBefore, "a duration above 0 and below \(lifetime.text), the certificate's life"
        ) {
            DurationText.seconds(in: $0).flatMap { (1..<lifetime.seconds).contains($0) ? $0 : nil }
        }
        let namespace = reader.text(.podNamespace) ?? "?"
        podText = "\(namespace)/\(reader.text(.podName) ?? "?")"
        guard let server, reader.faults.isEmpty else { throw ConfigurationError(faults: reader.faults) }
        self.server = server
    }

    /// Where certificates are, for `probe`, which needs nothing else of the environment to be right.
    static func directory(in environment: [String: String]) -> String {
        let reader = EnvironmentReader(environment: environment)
        let policy = reader.text(.policy).flatMap { PolicyName(parsing: $0) } ?? .standard
        return reader.text(.directory) ?? CertificatePaths.folder(of: policy)
    }

    private static let pathWanted = "an absolute path"
    private static var algorithmsWanted: String {
        "one of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private static func path(_ text: String) -> String? {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.count < 4096 ? text : nil
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

/// Reads variables and collects what is wrong with them. An empty value counts as not set, as in most shells' habits.
private struct EnvironmentReader {
    let environment: [String: String]
    private(set) var faults: [String] = []

    init(environment: [String: String]) { self.environment = environment }

    func text(_ variable: AgentEnvironment) -> String? {
        guard let value = environment[variable.name], !value.isEmpty else { return nil }
        return value
    }

    mutating func required<Value>(_ variable: AgentEnvironment, _ wanted: String, _ parse: (String) -> Value?)
        -> Value?
    {
        guard text(variable) != nil else {
            refuse("\(variable.name) is not set; wanted \(wanted)")
            return nil
        }
        return optional(variable, wanted, parse)
    }

    mutating func optional<Value>(_ variable: AgentEnvironment, _ wanted: String, _ parse: (String) -> Value?)
        -> Value?
    {
        guard let text = text(variable) else { return nil }
        guard let value = parse(text) else {
            refuse("\(variable.name) is \"\(text.prefix(80))\"; wanted \(wanted)")
            return nil
        }
        return value
    }

    mutating func refuse(_ fault: String) { faults.append(fault) }
}
