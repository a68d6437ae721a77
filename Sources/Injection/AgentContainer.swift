// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import SigningProtocol

/// The native sidecar that gets, keeps and renews the certificate: within Pod Security *restricted*, and holding up
/// the containers after it until its startup probe finds the files in place.
struct AgentContainer: Hashable {
    let image: String
    let identity: AgentIdentity
    let resources: AgentResources
    private let server: String
    private let serverAddresses: [String]
    private let trust: String
    private let policy: PolicyName
    private let keyAlgorithm: KeyAlgorithm
    private let lifetime: CertificateLifetime
    private let renewBefore: Int64?

    init(
        _ wish: CertificateWish, _ context: InjectionContext, _ identity: AgentIdentity,
        _ resources: AgentResources
    ) {
        image = context.agentImage
        self.identity = identity
        self.resources = resources
        server = context.server
        serverAddresses = context.serverAddresses
        trust = context.trust
        policy = wish.policy
        keyAlgorithm = wish.keyAlgorithm
        lifetime = wish.lifetime
        renewBefore = wish.renewBefore
    }

    private var environment: [JSONValue] {
        var environment: [JSONValue] = []
        func set(_ name: AgentEnvironment, _ text: String) {
            if !text.isEmpty { environment.append(["name": .string(name.name), "value": .string(text)]) }
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
        set(.policy, policy.text)
        set(.directory, Self.directory)
        set(.keyAlgorithm, keyAlgorithm.rawValue)
        set(.mode, identity.mode.text)
        set(.duration, lifetime.text)
        set(.renewBefore, renewBefore.map(DurationText.text) ?? "")
        set(.podName, field: "metadata.name")
        set(.podNamespace, field: "metadata.namespace")
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

    private var mounts: [JSONValue] {
        [
            ["name": .string(InjectedName.certificateVolume), "mountPath": .string(Self.directory)],
            [
                "name": .string(InjectedName.tokenVolume), "mountPath": .string(CertificatePaths.agentFolder),
                "readOnly": true,
            ],
        ]
    }

    /// Where the agent sees its own volume; `mount-path` moves only what the app sees.
    private static let directory = CertificatePaths.folder(of: .standard)

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
