// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Issuance
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Policies
internal import YAML

/// `podmint explain`: why a pod was or was not injected, and which names its certificates may carry.
struct ExplainCommand: OnlineCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "Explain why a pod was or was not injected, and where each name of its certificate comes from.",
        discussion: """
            podmint explain web-0 -n shop
            podmint explain web-0 -n shop -o json

            Asks the cluster with your own rights (get pods, namespaces; list services and tlspolicies; what their \
            allow rules give is known only who may list clusterauthorities) and decides with the code that podmint signs by. Names are those of this moment: \
            Services and labels may change them.
            """)

    @Argument(help: "The pod's name, or pod/NAME.")
    var pod: String

    @OptionGroup var cluster: PodClusterOptions

    @Option(help: "podmint's own namespace.")
    var podmintNamespace = InstallOptions().namespace

    @Option(help: "The cluster's DNS domain.")
    var clusterDomain = InstallOptions().clusterDomain

    @Option(help: "The trust domain in spiffe:// names (default: the cluster's DNS domain).")
    var trustDomain: String?

    @Option(name: .shortAndLong, help: "text, json or yaml.")
    var output: OutputFormat = .text

    private var podName: String {
        for prefix in ["pods/", "pod/"] where pod.hasPrefix(prefix) {
            return String(pod.dropFirst(prefix.count))
        }
        return pod
    }

    func validate() throws {
        guard ClusterNames(clusterDomain: clusterDomain, trustDomain: trustDomain ?? clusterDomain) != nil
        else {
            throw ValidationError("--cluster-domain and --trust-domain are DNS names like cluster.local")
        }
    }

    func runOnline() async throws {
        guard
            let names = ClusterNames(clusterDomain: clusterDomain, trustDomain: trustDomain ?? clusterDomain)
        else { preconditionFailure("both were DNS names at validation") }
        let (client, namespace) = try cluster.connect()
        let facts = try await ExplanationFacts(of: podName, in: namespace, client)
        let explanation = PodExplanation(facts, cluster: names, podmintNamespace: podmintNamespace)
        switch output {
        case .text: print(ExplanationText(explanation, .ofStandardOutput()).text, terminator: "")
        case .json: print(explanation.value.indentedText, terminator: "")
        case .yaml: print(YAMLWriter.write(explanation.value), terminator: "")
        }
    }
}
