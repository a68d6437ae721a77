// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import KubernetesClient
internal import OpenSSL

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
        let object = try cluster.object(.pods, name, "Pod")
        guard let document = try? JSONDocument(object.serialized()), let pod = PodUse(document.root) else {
            throw .failed("pod/\(name) cannot be read", hint: "kubectl get pod \(name) -o yaml shows it")
        }
        let own = pod.certificateSecrets
        guard own.isEmpty else {
            return try own.map { secret throws(ToolFailure) in try Self.secret(secret, cluster) }
        }
        guard pod.hasAgent else {
            throw .failed(
                "pod/\(name) has no certificate of podmint's and names none",
                hint: "annotation podmint.dev/inject: \"true\" asks for one when a pod is made")
        }
        // Its key and certificate are in memory that the pod alone can read: that is the point of it.
        throw .failed(
            "pod/\(name) keeps its certificate in its own memory, which the API does not show",
            hint:
                "kubectl exec \(name) -n \(cluster.namespace) -- cat /var/run/secrets/podmint.dev/default/tls.crt | podmint inspect -"
        )
    }
}
