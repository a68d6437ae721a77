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
        abstract:
            "Check manifests offline, or a Secret of the cluster, with the very code that admission runs.",
        discussion: """
            podmint check -f web-tls.yaml
            podmint check -f secret.yaml service.yaml deployment.yaml
            podmint check secret web-tls -n shop -o json

            Secrets with certificates are checked: PEM, key, dates, strength, chain and, where the Secret has a \
            ca.crt, trust. TLSPolicies and ClusterAuthorities are read as the server reads them. Workloads and pods are put through the decision that admission makes, and the \
            certificates that they name are held against the Services, StatefulSets and policies among the files. Every \
            fault is told with what was found, what is wanted and how to mend it.

            Exit codes: 0 no errors (warnings alone are none), 1 failed, 2 used wrongly, 3 faults found.
            """)

    @Argument(
        help: ArgumentHelp(
            "secret NAME: the Secret as it is in the cluster, and what its pods need of it.",
            valueName: "target"))
    var target: [String] = []

    @OptionGroup(title: "Which cluster; the namespace is also that of objects in files that name none")
    var cluster: PodClusterOptions

    @Option(help: "The cluster's DNS domain.")
    var clusterDomain = InstallOptions().clusterDomain

    @Option(
        name: [.customShort("f"), .customLong("filename")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "YAML or JSON files, each with one or many documents; - for standard input.", valueName: "file"))
    var files: [String] = []

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    func validate() throws {
        guard files.isEmpty != target.isEmpty else {
            throw ValidationError("say what to check: -f FILE…, -f -, or secret NAME")
        }
        guard target.isEmpty || (target.count == 2 && target[0] == "secret") else {
            throw ValidationError("of the cluster only a Secret is checked: podmint check secret NAME")
        }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only") }
    }

    func run() throws {
        ProcessHardening.apply()
        let now = Timestamp(secondsSinceEpoch: Int64(time(nil)))
        let report =
            if target.isEmpty {
                try CheckReport(
                    checking: ManifestFiles(reading: files).documents, at: now,
                    namespace: cluster.namespace ?? "default", clusterDomain: clusterDomain)
            } else {
                CheckReport(
                    try LiveSecretCheck(
                        target[1], in: LiveCluster(cluster), clusterDomain: clusterDomain, at: now))
            }
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
