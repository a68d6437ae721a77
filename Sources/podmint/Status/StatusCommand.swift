// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HTTPTransport
internal import KubernetesClient
internal import OpenSSL

/// `podmint status`: what stands where, as far as who asks may see it.
struct StatusCommand: OnlineCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show servers, authorities, policies and pods.",
        discussion: """
            podmint status
            podmint status -o json | jq '.pods[] | select(.state == "missed")'

            Serials and expiry come from podmint's audit: from the logs of its pods (needs the right to read logs in \
            podmint's namespace), or from a file where `serve` writes one (--audit). What was issued before these \
            begin is not known here; `podmint inspect` looks at what a pod really holds.

            BUNDLE says whether the pod trusts what it must trust now: its agent says so when it checks, within ten \
            minutes of a change, and podmint's log (as JSON, at level info) keeps it.

            Asks with your own rights. What may not be seen is marked –, and the rest is shown.
            """)

    @OptionGroup var cluster: ClusterOptions

    @Option(
        help: ArgumentHelp(
            "The file that `serve --audit-file` writes; with the log behind it BUNDLE is known too.",
            valueName: "file"))
    var audit: String?

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    /// An audit line is some 600 bytes: more than 100,000 certificates.
    private static let auditLimit = 64 * 1024 * 1024

    func runOnline() async throws {
        ProcessHardening.apply()
        let reactors: ReactorGroup
        do { reactors = try ReactorGroup(count: 1) } catch {
            throw ToolFailure.failed("no sockets are to be had: \(error)", hint: "see ulimit -n")
        }
        let log = try audit.map { path throws(ToolFailure) in
            do { return try SmallFile.read(path, limit: Self.auditLimit) } catch {
                throw .failed("cannot read the audit \(error)", hint: "name the file of serve --audit-file")
            }
        }
        let survey = Survey(
            client: try cluster.client(reactors), namespace: cluster.namespace, audit: log,
            now: SystemTime.now)
        print(try await survey.report().rendered(as: output, .ofStandardOutput()), terminator: "")
    }
}
