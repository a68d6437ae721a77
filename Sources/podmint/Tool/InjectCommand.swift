// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Glibc
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import YAML

/// `podmint inject`: what admission would make of manifests, without a cluster.
struct InjectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inject",
        abstract: "Print manifests as podmint would admit their pods.",
        discussion: """
            podmint inject -f web.yaml
            kubectl get deployment web -o yaml | podmint inject -f - --diff

            Looks at Pods and at the templates of Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and
            CronJobs; everything else passes through. A Namespace in the same files counts with its labels; any
            other is taken for opted in. So do TLSPolicies, and Secrets that they name. In a cluster the webhook adds what only it knows: addresses and trust.

            Exit codes: 0 printed, 1 unreadable, 2 used wrongly, 3 a pod would be refused (every fault on standard
            error, nothing printed).
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case yaml, json }

    @Option(
        name: [.customShort("f"), .customLong("filename")], parsing: .upToNextOption,
        help: ArgumentHelp(
            "YAML or JSON files, each with one or many documents; - for standard input.", valueName: "file"))
    var files: [String] = []

    @Flag(help: "Print the JSON Patch of each document instead, [] where nothing changes.")
    var patch = false

    @Flag(help: "Print a unified diff of each document that changes instead.")
    var diff = false

    @Option(
        name: .shortAndLong,
        help: "How to print documents: yaml or json. Patches are JSON unless yaml is asked for.")
    var output: Format?

    @Option(name: .shortAndLong, help: "The namespace of objects that name none.")
    var namespace = "default"

    @Option(help: "The agent's image.")
    var agentImage = InstallOptions().agentImage

    @Option(help: "https URL at which agents reach podmint.")
    var agentAdvertise = "https://podmint.\(InstallOptions().namespace).svc:8444"

    @Option(
        help: "One more init container that makes the network and comes before the agent; may be given often."
    )
    var meshContainer: [String] = []

    func validate() throws {
        guard !files.isEmpty else {
            throw ValidationError("no manifests; name them with -f FILE, or -f - for standard input")
        }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only") }
        guard !(patch && diff) else {
            throw ValidationError("--patch and --diff are two answers; ask for one")
        }
        guard !(diff && output != nil) else {
            throw ValidationError("--diff has a form of its own, so -o says nothing")
        }
        guard AdvertisedURL(agentAdvertise) != nil else {
            throw ValidationError("--agent-advertise \(agentAdvertise) is not an https URL of host and port")
        }
    }

    func run() throws {
        let context = InjectionContext(
            agentImage: agentImage, server: AdvertisedURL(agentAdvertise)?.text ?? agentAdvertise,
            meshContainers: InjectionContext.knownMeshContainers.union(meshContainer))
        let documents = try ManifestFiles(reading: files).documents
        let injection = try ManifestInjection(documents, context, namespace: namespace)
        Self.tell(injection.warnings.map { "warning: \($0)" })
        guard injection.refusals.isEmpty else {
            Self.tell(injection.refusals.map { "refused: \($0)" })
            throw ToolFailure.foundFaulty
        }
        print(text(of: injection), terminator: "")
    }

    func text(of injection: ManifestInjection) -> String {
        let results = injection.results
        if patch {
            return written(
                results.map { (try? JSONValue(parsing: $0.patch.serialized())) ?? [] }, output ?? .json)
        }
        if diff { return results.map(Self.diff).joined() }
        return written(results.map(\.after), output ?? .yaml)
    }

    private func written(_ values: [JSONValue], _ format: Format) -> String {
        switch format {
        case .yaml: YAMLWriter.write(values)
        case .json: values.map(\.indentedText).joined()
        }
    }

    private static func diff(_ result: ManifestInjection.Result) -> String {
        let name = WorkloadTemplate(in: result.before)?.name ?? "object"
        return UnifiedDiff(
            from: YAMLWriter.write(result.before), to: YAMLWriter.write(result.after), oldName: name,
            newName: "\(name) as admitted"
        ).text
    }

    private static func tell(_ lines: [String]) {
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        unsafe bytes.withUnsafeBytes { _ = unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
