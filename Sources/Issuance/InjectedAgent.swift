// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import Policies
package import SigningProtocol

/// podmint's agent as it stands in a live pod's spec, and the settings that admission wrote there. The spec is
/// immutable, unlike labels and annotations, so this is what a certificate's settings come from.
///
/// Recognised by structure. Refuses a container that only looks like it: one with settings from elsewhere
/// (`envFrom`, `valueFrom`), without the memory volume for the key, or whose token others could read too.
package struct InjectedAgent: Sendable, Hashable {
    package static let containerName = "podmint-agent"
    package static let tokenVolume = "podmint-token"

    package let lifetime: CertificateLifetime
    /// What its annotations asked for; not decided yet.
    package let wishedNames: [NameTemplate]

    package init(in pod: Pod, for policy: PolicyName) throws(Refusal) {
        let named = (pod.initContainers + pod.containers).filter { $0.name == Self.containerName }
        guard let agent = named.first, named.count == 1,
            pod.initContainers.contains(where: { $0.name == agent.name })
        else { throw Self.refusal(pod, "it has no init container \"\(Self.containerName)\"") }
        guard agent.restartsAlways else {
            throw Self.refusal(pod, "its agent is no sidecar (restartPolicy: Always)")
        }
        guard agent.command == [CertificatePaths.agentProgram], agent.arguments == ["run"] else {
            throw Self.refusal(pod, "its agent does not run \(CertificatePaths.agentProgram) run")
        }
        guard !agent.importsEnvironment else { throw Self.refusal(pod, "its agent uses envFrom") }
        // One agent keeps several certificates.
        let settings = (0..<AgentEnvironment.mostCertificates).filter {
            agent.literal(AgentEnvironment.policy.name(ofCertificate: $0)) == policy.text
        }
        guard let index = settings.first, settings.count == 1 else {
            throw Self.refusal(pod, "its agent is not there for policy \"\(policy)\"")
        }
        try Self.checkKeyVolume(pod, agent, policy, index)
        try Self.checkToken(pod, agent)
        wishedNames = try Self.wishedNames(pod, agent, index)
        guard let duration = agent.literal(AgentEnvironment.duration.name(ofCertificate: index)),
            let lifetime = CertificateLifetime(parsing: duration)
        else {
            throw Self.refusal(
                pod, "its agent's \(AgentEnvironment.duration.name) is no duration from 5m to 2184h")
        }
        self.lifetime = lifetime
    }

    /// `dns:a.example,ip:10.0.0.1,uri:https://a.example/b`; each may hold variables, as a policy's do.
    private static func wishedNames(
        _ pod: Pod, _ agent: PodContainer, _ index: Int
    ) throws(Refusal) -> [NameTemplate] {
        let variable = AgentEnvironment.names.name(ofCertificate: index)
        guard agent.environment.contains(where: { $0.name == variable }) else { return [] }
        let wishes = agent.literal(variable)?.split(separator: ",") ?? [""]
        guard wishes.count <= NameDecision.maximumNames else {
            throw refusal(pod, "its agent's \(variable) holds \(wishes.count) names")
        }
        var names: [NameTemplate] = []
        for wish in wishes {
            let parts = wish.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let kind = NameTemplate.Kind(rawValue: String(parts[0])),
                let name = NameTemplate(kind, parsing: String(parts[1]))
            else {
                throw refusal(
                    pod, "its agent's \(variable) holds \"\(RequestPolicy.printable(String(wish)))\"")
            }
            names.append(name)
        }
        return names
    }

    /// The key lives in memory of this pod, never on a node's disk.
    private static func checkKeyVolume(
        _ pod: Pod, _ agent: PodContainer, _ policy: PolicyName, _ index: Int
    ) throws(Refusal) {
        let name = "podmint-\(policy)"
        guard pod.volumes.filter({ $0.name == name }).map(\.source) == [.emptyDirectory(inMemory: true)]
        else {
            throw refusal(pod, "volume \"\(name)\" is not an emptyDir with medium Memory")
        }
        let directory = agent.literal(AgentEnvironment.directory.name(ofCertificate: index))
        guard agent.mounts.contains(where: { $0.volume == name && $0.path == directory && !$0.isReadOnly })
        else {
            throw refusal(pod, "its agent does not mount \"\(name)\" where it writes to")
        }
    }

    private static func checkToken(_ pod: Pod, _ agent: PodContainer) throws(Refusal) {
        let volumes = pod.volumes.filter { $0.name == tokenVolume }
        let token = PodVolume.Token(audience: SigningToken.audience, path: CertificatePaths.tokenName)
        guard volumes.map(\.source) == [.projected(tokens: [token])] else {
            throw refusal(pod, "volume \"\(tokenVolume)\" does not project podmint's token")
        }
        guard
            agent.mounts.contains(where: {
                $0.volume == tokenVolume && $0.path == CertificatePaths.agentFolder
            })
        else { throw refusal(pod, "its agent does not mount \"\(tokenVolume)\"") }
        let others = (pod.initContainers + pod.containers).filter { $0.name != containerName }
        if let other = others.first(where: { $0.mounts.contains { $0.volume == tokenVolume } }) {
            throw refusal(pod, "container \"\(other.name)\" mounts the agent's token too")
        }
    }

    private static func refusal(_ pod: Pod, _ what: String) -> Refusal {
        .forbidden(
            .notInjected,
            "pod \(pod.metadata.name) in \"\(pod.metadata.namespace)\" was not injected by podmint: \(what)",
            hint: "annotate the pod's template with podmint.dev/inject: \"true\" and let it be created anew")
    }
}
