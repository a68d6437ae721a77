// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// The native sidecar that gets, keeps and renews the pod's certificates: within Pod Security *restricted*, and holding up
/// the containers after it until its startup probe finds the files in place.
struct AgentContainer: Hashable {
    /// A certificate as far as the agent is concerned: where the app finds it is none of its business.
    struct Certificate: Hashable {
        let policy: PolicyName
        let files: CertificateFiles
        let settings: IssuanceSettings
    }

    let image: String
    let identity: AgentIdentity
    let resources: AgentResources
    private let server: String
    private let serverAddresses: [String]
    private let trust: String
    private let certificates: [Certificate]
    private let inputs: AgentInputs

    init(
        _ certificates: [PlannedCertificate], _ inputs: AgentInputs, _ context: InjectionContext,
        _ identity: AgentIdentity, _ resources: AgentResources
    ) {
        image = context.agentImage
        self.identity = identity
        self.resources = resources
        server = context.server
        serverAddresses = context.serverAddresses
        trust = context.trust
        self.certificates = certificates.compactMap { planned in
            planned.issued.map { Certificate(policy: planned.policy, files: planned.files, settings: $0) }
        }
        self.inputs = inputs
    }

    private var environment: [JSONValue] {
        var environment: [JSONValue] = []
        func set(_ name: AgentEnvironment, _ text: String, of index: Int = 0) {
            guard !text.isEmpty else { return }
            environment.append(["name": .string(name.name(ofCertificate: index)), "value": .string(text)])
        }
        func set(_ name: AgentEnvironment, field path: JSONValue) {
            environment.append([
                "name": .string(name.name),
                "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": path]],
            ])
        }
        set(.server, server)
        set(.serverAddresses, serverAddresses.joined(separator: ","))
        set(.trust, trust)
        set(.trustFile, CertificatePaths.trustFile)
        set(.tokenFile, CertificatePaths.tokenFile)
        for (index, certificate) in certificates.enumerated() {
            let (policy, settings) = (certificate.policy, certificate.settings)
            set(.policy, policy.text, of: index)
            set(.directory, CertificatePaths.folder(of: policy), of: index)
            set(.keyAlgorithm, settings.keyAlgorithm.rawValue, of: index)
            set(.mode, identity.mode.text, of: index)
            set(.duration, settings.lifetime.text, of: index)
            set(.renewBefore, settings.renewBefore.map(DurationText.text) ?? "", of: index)
            set(.names, settings.names, of: index)
            set(.formats, settings.formats == .pem ? "" : settings.formats.text, of: index)
            set(.files, certificate.files.text, of: index)
            set(.reusePrivateKey, settings.reusesKey ? "true" : "", of: index)
            set(.keystorePasswordFile, inputs.passwordFile(of: policy) ?? "", of: index)
            set(.certificateAuthorities, inputs.authoritiesFile(of: policy) ?? "", of: index)
        }
        set(.podCertificateAuthorities, inputs.podAuthoritiesFile ?? "")
        set(.podName, field: "metadata.name")
        set(.podNamespace, field: "metadata.namespace")
        set(.podAddresses, field: "status.podIPs")
        return environment
    }

    /// Made anew each time; `RecentAgents` keeps what is made.
    var json: JSONValue {
        var container: JSONObject = [
            "name": .string(InjectedName.agent),
            "image": .string(image),
            "command": [.string(CertificatePaths.agentProgram)],
            "args": ["run"],
            "restartPolicy": "Always",
            "env": .array(environment),
            "volumeMounts": .array(mounts),
        ]
        if let resources = resources.json { container["resources"] = resources }
        container["securityContext"] = securityContext
        // Podmint may come up after the pod: an hour of patience, then the kubelet starts the agent anew.
        container["startupProbe"] = probe(period: 1, failures: 3600)
        // Fifteen minutes: below ten, an agent with an expired certificate would be restarted into the kubelet's back-off
        // before it can recover.
        container["livenessProbe"] = probe(period: 60, failures: 15)
        container["terminationMessagePolicy"] = "FallbackToLogsOnError"
        return .object(container)
    }

    /// Where the agent sees its own volumes; mount paths move only what the app sees.
    private var mounts: [JSONValue] {
        var mounts: [JSONValue] = certificates.map { certificate in
            [
                "name": .string(InjectedName.certificateVolume(of: certificate.policy)),
                "mountPath": .string(CertificatePaths.folder(of: certificate.policy)),
            ]
        }
        mounts.append([
            "name": .string(InjectedName.tokenVolume), "mountPath": .string(CertificatePaths.agentFolder),
            "readOnly": true,
        ])
        if !inputs.isEmpty {
            mounts.append([
                "name": .string(InjectedName.inputsVolume),
                "mountPath": .string(CertificatePaths.inputsFolder),
                "readOnly": true,
            ])
        }
        return mounts
    }

    private var securityContext: JSONValue {
        var context: JSONObject = [
            "allowPrivilegeEscalation": false,
            "capabilities": ["drop": ["ALL"]],
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": .bool(identity.user != 0),
            "runAsUser": .integer(identity.user),
        ]
        if let group = identity.group { context["runAsGroup"] = .integer(group) }
        context["seccompProfile"] = ["type": "RuntimeDefault"]
        return .object(context)
    }

    private func probe(period: Int64, failures: Int64) -> JSONValue {
        [
            "exec": ["command": [.string(CertificatePaths.agentProgram), "probe"]],
            "failureThreshold": .integer(failures),
            "periodSeconds": .integer(period),
            "timeoutSeconds": 5,
        ]
    }
}
