// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import KubernetesAPI
internal import KubernetesClient
internal import OpenSSL
internal import Validation

extension WantedUsage: ExpressibleByArgument {}

/// `podmint inspect`: what a certificate is, and what is wrong with it.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract:
            "Show certificates and their chain, and what is wrong with them, by the rules of admission.",
        discussion: """
            podmint inspect web.pem
            podmint inspect web.pem --ca corp-root.pem --name web.shop.svc 10.0.0.7 --usage server
            kubectl get secret web-tls -o jsonpath='{.data.tls\\.crt}' | base64 -d | podmint inspect -

            podmint inspect secret/web-tls -n shop

            Takes PEM files with the certificates, leaf first, with or without the private key. What is not asked \
            for is not checked: trust by --ca, names by --name, usage by --usage. Of a Secret in the cluster its own ca.crt \
            is trusted unless --ca names another; pod/NAME stands for the Secrets that the pod names.

            Exit codes: 0 no errors (warnings alone are none), 1 failed, 2 used wrongly, 3 faults found.
            """)

    @Argument(
        help: ArgumentHelp("PEM files, - for standard input, secret/NAME or pod/NAME.", valueName: "file"))
    var files: [String] = []

    @Option(help: ArgumentHelp("What to trust: a PEM file of CA certificates.", valueName: "file"))
    var ca: String?

    @Option(
        name: .customLong("name"), parsing: .upToNextOption,
        help: ArgumentHelp("DNS names, addresses or URIs that the certificate must serve.", valueName: "name")
    )
    var names: [String] = []

    @Option(help: "server or client: what the certificate must be good for.")
    var usage: WantedUsage?

    @Option(
        help: ArgumentHelp(
            "Judge as of this time, like 2027-01-31T12:00:00Z. Now, unless given.", valueName: "time"))
    var at: String?

    @OptionGroup(title: "Which cluster, for secret/NAME and pod/NAME")
    var cluster: PodClusterOptions

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    func validate() throws {
        guard !files.isEmpty else {
            throw ValidationError(
                "say what to inspect: podmint inspect FILE… (before --name, which takes all that follows)")
        }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only") }
    }

    func run() throws {
        ProcessHardening.apply()
        let moment = try moment()
        let expectation = Expectation(names: try names.map(Self.wanted), usage: usage)
        let trust = try ca.map { Inspection.Source(path: $0, text: try Self.read($0)) }
        var inspections: [Inspection] = []
        for target in files {
            let live = try LiveInspection(target, in: LiveCluster(cluster))
            let sources =
                try live?.sources ?? [(Inspection.Source(path: target, text: Self.read(target)), nil)]
            for source in sources {
                let request = Inspection.Request(
                    expectation: expectation, time: moment, trust: trust ?? source.trust)
                inspections.append(try Inspection(of: source.certificates, by: request))
            }
        }
        let report = InspectionReport(inspections)
        print(report.rendered(as: output, .ofStandardOutput()), terminator: "")
        guard report.isValid else { throw ToolFailure.foundFaulty }
    }

    private func moment() throws(ToolFailure) -> Timestamp {
        guard let at else { return Timestamp(secondsSinceEpoch: Int64(time(nil))) }
        guard let moment = Timestamp(parsing: at) else {
            throw .usedWrongly("--at \(at) is no time", hint: "write it like 2027-01-31T12:00:00Z")
        }
        return moment
    }

    private static func wanted(_ text: String) throws(ToolFailure) -> WantedName {
        guard let name = WantedName(parsing: text) else {
            throw .usedWrongly(
                "--name \(text) is no name that a certificate can carry",
                hint:
                    "DNS names are ASCII (write xn--… for others); addresses stand alone, without port or prefix"
            )
        }
        return name
    }

    /// Keys may be among the certificates, so the memory is wiped.
    private static func read(_ path: String) throws(ToolFailure) -> SecretBytes {
        do {
            let limit = PEM.Limits.bundle.bytes
            return path == "-"
                ? try SmallFile.readSecretFromStandardInput(limit: limit)
                : try SmallFile.readSecret(path, limit: limit)
        } catch {
            throw .failed(
                "cannot read \(error)", hint: "name a PEM file that is there, or - for standard input")
        }
    }
}
