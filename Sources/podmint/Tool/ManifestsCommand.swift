// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Issuance
internal import JSON
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
        guard let advertise else { return }
        guard AdvertisedURL(advertise) != nil else {
            throw ValidationError(
                "--advertise \(advertise) is not an https URL of host and port, like https://127.0.0.1:8443")
        }
    }

    func run() throws {
        let options = InstallOptions(
            namespace: namespace, replicas: replicas, image: image, agentImage: agentImage,
            advertise: advertise.flatMap(AdvertisedURL.init)?.text, clusterDomain: clusterDomain)
        let objects = InstallManifests(options: options).objects
        print(YAMLWriter.write(objects), terminator: "")
    }
}
