// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import Policies
internal import Validation

/// What is wrong with a policy object: what reading it says, and what it names and nobody has made.
enum PolicyFaults {
    static func of(
        _ object: JSONView, _ resource: AdmissionRequest.Resource, _ references: any PolicyReferences
    ) -> [Fault] {
        guard resource != .clusterAuthorities else { return ClusterAuthority.read(object).faults }
        let reading = TLSPolicy.read(object)
        guard let policy = reading.value else { return reading.faults }
        return reading.faults + missing(policy, references)
    }

    private static func missing(_ policy: TLSPolicy, _ references: any PolicyReferences) -> [Fault] {
        let namespace = policy.metadata.namespace
        var faults: [Fault] = []
        func note(_ field: String, _ what: String, fix: String) {
            faults.append(
                Fault(
                    .missingReference, severity: .warning,
                    object: "\(TLSPolicy.kind) \(namespace)/\(policy.name)",
                    field: field, found: "there is no \(what) yet", wanted: "an object that exists", fix: fix)
            )
        }
        func noteSecret(_ field: String, _ name: String) {
            guard references.exists(secret: name, in: namespace) == false else { return }
            note(field, "Secret \(namespace)/\(name)", fix: "Make it; podmint waits for it")
        }
        if let name = policy.tls.certificateSecret { noteSecret("spec.tls.certificate.secretName", name) }
        switch policy.tls.certificateAuthorities {
        case .secret(let name)?: noteSecret("spec.tls.certificateAuthorities.secretName", name)
        case .configMap(let name)? where references.exists(configMap: name, in: namespace) == false:
            note(
                "spec.tls.certificateAuthorities.configMapName", "ConfigMap \(namespace)/\(name)",
                fix: "Make it; podmint waits for it")
        default: break
        }
        if case .clusterAuthority(let name)? = policy.authority,
            references.exists(clusterAuthority: name) == false
        {
            note(
                "spec.authority.clusterAuthority.name", "ClusterAuthority \(name)",
                fix: "kubectl get clusterauthorities shows those there are; pods wait until it exists")
        }
        return faults
    }
}
