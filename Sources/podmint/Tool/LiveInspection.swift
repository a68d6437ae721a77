// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import OpenSSL
internal import SigningProtocol

/// `podmint inspect secret/NAME` and `pod/NAME`: what of it can be read from outside.
struct LiveInspection {
    /// The certificates, each with what is to be trusted beside it.
    let sources: [(certificates: Inspection.Source, trust: Inspection.Source?)]

    /// Nil for what is a file.
    init?(_ target: String, in cluster: @autoclosure () throws(ToolFailure) -> LiveCluster)
        throws(ToolFailure)
    {
        if target.hasPrefix("secret/") {
            let name = String(target.dropFirst("secret/".count))
            sources = [try Self.secret(name, try cluster())]
        } else if target.hasPrefix("pod/") {
            sources = try Self.pod(String(target.dropFirst("pod/".count)), try cluster())
        } else {
            return nil
        }
    }

    private static func secret(
        _ name: String, _ cluster: LiveCluster
    ) throws(ToolFailure) -> (certificates: Inspection.Source, trust: Inspection.Source?) {
        let object = try cluster.object(.secrets, name, "Secret")
        let title = "secret/\(name)"
        guard let certificates = entry("tls.crt", object) else {
            guard let authority = entry("ca.crt", object) else {
                throw .failed(
                    "\(title) in namespace \(cluster.namespace) holds neither tls.crt nor ca.crt",
                    hint:
                        "kubectl get secret \(name) -n \(cluster.namespace) -o jsonpath='{.data}' shows what it holds"
                )
            }
            return (Inspection.Source(title: title, text: authority), nil)
        }
        let leaf = Inspection.Source(title: title, text: certificates)
        guard let trust = entry("ca.crt", object) else { return (leaf, nil) }
        return (leaf, Inspection.Source(title: "\(title) ca.crt", text: trust))
    }

    private static func entry(_ name: String, _ secret: JSONValue) -> SecretBytes? {
        guard let text = secret["data"]?[name]?.string, !text.isEmpty, let bytes = Base64.decode(text) else {
            return nil
        }
        return unsafe SecretBytes(copying: bytes.span.bytes)
    }

    private static func pod(
        _ name: String, _ cluster: LiveCluster
    ) throws(ToolFailure) -> [(certificates: Inspection.Source, trust: Inspection.Source?)] {
        switch Place(of: try cluster.object(.pods, name, "Pod")) {
        case .secrets(let names):
            return try names.map { secret throws(ToolFailure) in try Self.secret(secret, cluster) }
        case .memory(let file):
            // Its key and certificate are in memory that the pod alone can read: that is the point of it.
            throw .failed(
                "pod/\(name) keeps its certificate in its own memory, which the API does not show",
                hint: "kubectl exec \(name) -n \(cluster.namespace) -- cat \(file) | podmint inspect -")
        case .nowhere:
            throw .failed(
                "pod/\(name) has no certificate of podmint's and names none",
                hint:
                    "podmint explain \(name) -n \(cluster.namespace) says why; annotation podmint.dev/inject: \"true\" asks for one when a pod is made"
            )
        case .unreadable:
            throw .failed("pod/\(name) cannot be read", hint: "kubectl get pod \(name) -o yaml shows it")
        }
    }

    /// Where the certificates of a pod are.
    enum Place: Equatable {
        /// By annotation, or by the policies that it is under.
        case secrets([String])
        /// The file as the pod's containers see it.
        case memory(file: String)
        case nowhere
        case unreadable

        init(of object: JSONValue) {
            guard let document = try? JSONDocument(object.serialized()), let use = PodUse(document.root),
                let pod = try? Pod(document.root)
            else {
                self = .unreadable
                return
            }
            let secrets = use.certificateSecrets
            if !secrets.isEmpty {
                self = .secrets(secrets)
            } else if let agent = pod.initContainers.first(where: { $0.name == InjectedName.agent }) {
                let folder =
                    agent.literal(AgentEnvironment.directory.name) ?? CertificatePaths.folder(of: .standard)
                let files = agent.literal(AgentEnvironment.files.name).flatMap(
                    CertificateFiles.init(parsing:))
                self = .memory(file: "\(folder)/\((files ?? .standard).certificate)")
            } else {
                self = .nowhere
            }
        }
    }
}
