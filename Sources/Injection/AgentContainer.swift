// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import SigningProtocol

/// The native sidecar that gets, keeps and renews the certificate: within Pod Security *restricted*, and holding up
/// the containers after it until its startup probe finds the files in place.
struct AgentContainer {
    let image: String
    let environment: [Variable]
    let identity: AgentIdentity
    let resources: JSONValue?

    struct Variable {
        let name: AgentEnvironment
        let value: Value

        enum Value {
            case text(String)
            case field(String)
        }

        var json: JSONValue {
            switch value {
            case .text(let text): ["name": .string(name.name), "value": .string(text)]
            case .field(let path):
                [
                    "name": .string(name.name),
                    "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": .string(path)]],
                ]
            }
        }
    }

    init(
        _ wish: CertificateWish, _ context: InjectionContext, _ identity: AgentIdentity, resources: JSONValue?
    ) {
        image = context.agentImage
        self.identity = identity
        self.resources = resources
        var environment: [Variable] = []
        func set(_ name: AgentEnvironment, _ text: String) {
            if !text.isEmpty { environment.append(Variable(name: name, value: .text(text))) }
        }
        set(.server, context.server)
        set(.serverAddresses, context.serverAddresses.joined(separator: ","))
        set(.trust, context.trust)
        set(.trustFile, CertificatePaths.trustFile)
        set(.tokenFile, CertificatePaths.tokenFile)
        set(.policy, wish.policy.text)
        set(.directory, Self.directory)
        set(.keyAlgorithm, wish.keyAlgorithm.rawValue)
        set(.mode, identity.mode.text)
        set(.duration, wish.lifetime.text)
        set(.renewBefore, wish.renewBefore.map(DurationText.text) ?? "")
        environment.append(Variable(name: .podName, value: .field("metadata.name")))
        environment.append(Variable(name: .podNamespace, value: .field("metadata.namespace")))
        self.environment = environment
    }

    var json: JSONValue {
        var container: JSONObject = [
            "name": .string(InjectedName.agent),
            "image": .string(image),
            "command": [.string(CertificatePaths.agentProgram)],
            "args": ["run"],
            "restartPolicy": "Always",
            "env": .array(environment.map(\.json)),
            "volumeMounts": .array(mounts),
        ]
        if let resources { container["resources"] = resources }
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

/// The two volumes that come with it.
enum InjectedVolume {
    /// Memory, so that keys never reach a node's disk. Four files of a certificate with 10 CAs are below 64 kB, twice
    /// that while they are switched.
    static let certificate: JSONValue = [
        "name": .string(InjectedName.certificateVolume),
        "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"],
    ]

    static let token: JSONValue = [
        "name": .string(InjectedName.tokenVolume),
        "projected": [
            "defaultMode": 0o644,
            "sources": [
                [
                    "serviceAccountToken": [
                        "audience": .string(SigningToken.audience),
                        "expirationSeconds": .integer(Int64(SigningToken.expirationSeconds)),
                        "path": .string(CertificatePaths.tokenName),
                    ]
                ],
                [
                    "configMap": [
                        "name": .string(InjectedName.trustConfigMap),
                        "items": [
                            [
                                "key": .string(CertificatePaths.bundle),
                                "path": .string(CertificatePaths.trustName),
                            ]
                        ],
                        "optional": true,
                    ]
                ],
            ],
        ],
    ]

    static func mount(at path: MountPath) -> JSONValue {
        ["name": .string(InjectedName.certificateVolume), "mountPath": .string(path.text), "readOnly": true]
    }
}
