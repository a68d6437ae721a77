// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import JSON
internal import Policies
internal import Sockets
internal import YAML

/// `podmint manifests`: what `kubectl apply --server-side -f -` installs.
struct ManifestsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifests",
        abstract: "Print the install manifests.",
        discussion: """
            podmint manifests | kubectl apply --server-side -f -

            The webhooks carry no caBundle: the running server writes its own there, and applying these again
            leaves it alone. For a server that runs outside the cluster, beside an API server:

            podmint manifests --advertise https://127.0.0.1:8443 | kubectl apply --server-side -f -
            """)

    @Option(help: "The namespace podmint lives in.")
    var namespace = InstallOptions().namespace

    @Option(help: "How many servers to run.")
    var replicas = InstallOptions().replicas

    @Option(help: "The server's image.")
    var image = InstallOptions().image

    @Option(help: "The agent's image, as injected into pods.")
    var agentImage = InstallOptions().agentImage

    @Option(help: "The cluster's DNS domain.")
    var clusterDomain = InstallOptions().clusterDomain

    @Option(
        help: ArgumentHelp(
            "For upgrades: the PEM that the installed webhooks trust, so that new entries work at once.",
            valueName: "file"))
    var caBundle: String?

    @Option(
        help: ArgumentHelp(
            "Let podmint read the Secrets of this namespace (own CAs of policies, Secrets that templates name). May be repeated.",
            valueName: "namespace"))
    var allowNamespace: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the API server's addresses are, for the NetworkPolicy (default: anywhere). May be repeated.",
            valueName: "cidr"))
    var apiServerCIDR: [String] = []

    @Option(
        help: ArgumentHelp(
            "The API server's port, for the NetworkPolicy (default: 443 and 6443). May be repeated.",
            valueName: "port"))
    var apiServerPort: [UInt16] = []

    @Option(
        help: ArgumentHelp(
            "Nodes' addresses, where pods with hostNetwork have agents. May be repeated.", valueName: "cidr"))
    var nodeCIDR: [String] = []

    @Option(
        help: ArgumentHelp(
            "A namespace that may read /metrics. May be repeated.", valueName: "namespace"))
    var monitoringNamespace: [String] = []

    @Option(
        help: """
            https URL at which the API server reaches a 'podmint serve' outside the cluster. The webhooks get it \
            instead of the Service, and no Deployment is printed.
            """)
    var advertise: String?

    func validate() throws {
        guard DNSRules.isLabel(namespace) else {
            throw ValidationError(
                "--namespace \(namespace) is not the name of a namespace, like podmint-system")
        }
        // Without any server, every pod and certificate in the opted-in namespaces would be refused.
        guard replicas >= 1 else {
            throw ValidationError("--replicas \(replicas) serves nobody; 2 or more do")
        }
        guard DNSRules.isName(clusterDomain) else {
            throw ValidationError("--cluster-domain \(clusterDomain) is not a DNS name like cluster.local")
        }
        for name in allowNamespace + monitoringNamespace where !DNSRules.isLabel(name) {
            throw ValidationError("\(name) is not the name of a namespace, like shop")
        }
        guard !allowNamespace.contains(namespace) else {
            throw ValidationError(
                "--allow-namespace \(namespace) is podmint's own namespace, where it reads its own Secrets only"
            )
        }
        for block in apiServerCIDR + nodeCIDR where !Self.isCIDR(block) {
            throw ValidationError("\(block) is not a CIDR, like 10.0.0.0/8 or 192.0.2.7/32")
        }
        guard !apiServerPort.contains(0) else { throw ValidationError("--api-server-port 0 is no port") }
        guard let advertise else { return }
        guard AdvertisedURL(advertise) != nil else {
            throw ValidationError(
                "--advertise \(advertise) is not an https URL of host and port, like https://127.0.0.1:8443")
        }
    }

    /// Not whether host bits are set: the API server tells.
    private static func isCIDR(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let length = UInt8(parts[1]),
            let address = SocketAddress(parsing: parts[0].contains(":") ? "[\(parts[0])]:1" : "\(parts[0]):1")
        else { return false }
        return length <= address.ip.count * 8
    }

    func run() throws {
        var options = InstallOptions(
            namespace: namespace, replicas: replicas, image: image, agentImage: agentImage,
            advertise: advertise.flatMap(AdvertisedURL.init)?.text, clusterDomain: clusterDomain,
            allowedNamespaces: allowNamespace, apiServerCIDRs: apiServerCIDR, nodeCIDRs: nodeCIDR,
            monitoringNamespaces: monitoringNamespace)
        options.caBundle = try caBundle.map(CarriedBundle.init(file:))
        if !apiServerPort.isEmpty { options.apiServerPorts = apiServerPort }
        let objects = InstallManifests(options: options).objects
        print(YAMLWriter.write(objects), terminator: "")
    }
}
