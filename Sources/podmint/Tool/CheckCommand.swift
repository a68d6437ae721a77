// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import KubernetesAPI
internal import OpenSSL

extension OutputFormat: ExpressibleByArgument {}

/// `podmint check`: what admission would say, before anything is applied.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check manifests offline, with the very code that admission runs.",
        discussion: """
            podmint check -f web-tls.yaml
            kubectl get secret web-tls -o yaml | podmint check -f - -o json

            Secrets with certificates are checked: PEM, key, dates, strength, chain and, where the Secret has a \
            ca.crt, trust. TLSPolicies and ClusterAuthorities are read as the server reads them. Every fault is told with what was found, what is wanted and how to mend it.

            Exit codes: 0 no errors (warnings alone are none), 1 failed, 2 used wrongly, 3 faults found.
            """)

    @Option(
        name: [.customShort("f"), .customLong("filename")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "YAML or JSON files, each with one or many documents; - for standard input.", valueName: "file"))
    var files: [String] = []

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("say what to check: -f FILE… or -f -") }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only") }
    }

    func run() throws {
        ProcessHardening.apply()
        let documents = try ManifestFiles(reading: files).documents
        let now = Timestamp(secondsSinceEpoch: Int64(time(nil)))
        let report = try CheckReport(checking: documents, at: now)
        print(report.rendered(as: output), terminator: "")
        if output != .text { report.notes.forEach(Self.tell) }
        guard report.isValid else { throw ToolFailure.foundFaulty }
    }

    /// Beside the data, for people: standard error.
    private static func tell(_ note: String) {
        let bytes = Array("note: \(note)\n".utf8)
        unsafe bytes.withUnsafeBytes { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
