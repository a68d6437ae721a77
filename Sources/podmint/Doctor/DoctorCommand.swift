// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HTTPTransport
internal import OpenSSL

/// `podmint doctor`: looks at everything that an installation needs, and says of each what is wrong and what to try.
struct DoctorCommand: OnlineCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at an installation and say what is wrong with it.",
        discussion: """
            podmint doctor
            podmint doctor -o json | jq .faults

            Asks the cluster with your own rights and changes nothing: whether the API server reaches podmint is \
            tried with a pod, a Secret and a TLSPolicy that are created as a dry run. ✓ is good, ✗ is faulty, – could not be \
            looked at from here or with these rights.

            Exit codes: 0 nothing faulty, 1 the API server cannot be asked, 2 used wrongly, 3 something is faulty.
            """)

    @OptionGroup var cluster: ClusterOptions

    @Option(
        help: ArgumentHelp(
            "Where agents reach podmint, if this machine does too; ✗ where it does not (default: by the webhooks).",
            valueName: "URL"))
    var agents: String?

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    func validate() throws {
        guard let agents else { return }
        guard AdvertisedURL(agents) != nil else {
            throw ValidationError(
                "--agents \(agents) is not an https URL of host and port, like https://10.1.2.3:8444")
        }
    }

    func runOnline() async throws {
        ProcessHardening.apply()
        let reactors: ReactorGroup
        do { reactors = try ReactorGroup(count: 1) } catch {
            throw ToolFailure.failed("no sockets are to be had: \(error)", hint: "see ulimit -n")
        }
        let examination = Examination(
            client: try cluster.client(reactors), reactors: reactors, namespace: cluster.namespace,
            agents: agents.flatMap(AdvertisedURL.init))
        let report = DoctorReport(findings: try await examination.findings())
        print(report.rendered(as: output, .ofStandardOutput()), terminator: "")
        guard report.isValid else { throw ToolFailure.foundFaulty }
    }
}
