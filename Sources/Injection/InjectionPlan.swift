// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import SigningProtocol

/// What one pod should look like: its certificates, for the containers that it has.
struct InjectionPlan {
    let certificates: [PlannedCertificate]
    /// The containers that get them.
    let targets: [ContainerView]
    let volumes: [InjectedVolume]
    /// Nil where nothing is issued: mounted Secrets need no agent.
    let agent: JSONValue?
    let status: InjectionStatus
    let warnings: [String]

    /// `recorded` limits the readers to containers known by then: those that came later were never asked for.
    init(
        _ certificates: [PlannedCertificate], _ wish: CertificateWish, _ pod: PodView,
        _ context: InjectionContext,
        recorded: Set<String>? = nil
    ) {
        self.certificates = certificates
        let others = Self.others(pod)
        targets = others.filter { container in
            guard recorded?.contains(container.name) ?? true else { return false }
            return wish.containers?.contains(container.name)
                ?? !context.meshContainers.contains(container.name)
        }
        let identity = AgentIdentity(wish, readers: targets, podUser: pod.runAsUser)
        let isIssued = certificates.contains { $0.issued != nil }
        var volumes = certificates.map {
            InjectedVolume.certificate(
                $0, mode: wish.mode ?? (pod.fsGroup == nil ? .worldReadable : .groupReadable))
        }
        if isIssued {
            let resources = QualityOfService(others, hasPodResources: pod.hasPodResources).resources
            let inputs = AgentInputs(certificates, podAuthorities: wish.authorities)
            agent = RecentAgents.shared.json(
                of: AgentContainer(certificates, inputs, context, identity, resources))
            volumes.append(.token)
            if !inputs.isEmpty { volumes.append(.inputs(inputs)) }
        } else {
            agent = nil
        }
        self.volumes = volumes
        status = InjectionStatus(certificates, identity, targets)
        warnings =
            (isIssued
                ? [identity.warning].compactMap(\.self) + Self.warnings(pod, certificates)
                : Self.mounted(wish))
            + certificates.compactMap(\.unseenSecret).map(Self.unseen)
            + certificates.compactMap(\.leftOutTrust).map { "podmint: \($0)" }
    }

    /// Without the right to look, a CA's Secret would be mounted for a certificate, and the kubelet would wait for its `tls.crt`.
    private static func unseen(_ secret: String) -> String {
        "podmint: Secret \(secret) is mounted unseen; if it is a CA, the pod waits until podmint may read it and the pod is made anew"
    }

    /// The kubelet writes what it mounts.
    private static func mounted(_ wish: CertificateWish) -> [String] {
        guard wish.owner != nil else { return [] }
        return [
            "\(AnnotationName.owner.key) has no effect on a mounted Secret: its files are root's, with the mode of \(AnnotationName.mode.key), and the group is spec.securityContext.fsGroup"
        ]
    }

    /// All containers but ours, init containers first, as they start.
    static func others(_ pod: PodView) -> [ContainerView] {
        (pod.initContainers + pod.containers).filter { !$0.name.isEmpty && $0.name != InjectedName.agent }
    }

    private static func warnings(_ pod: PodView, _ certificates: [PlannedCertificate]) -> [String] {
        var warnings: [String] = []
        if pod.usesHostNetwork, certificates.contains(where: { $0.issued?.includesHostIP == false }) {
            warnings.append(
                "podmint: hostNetwork is true, so the certificate carries no IP address: it would name the node"
            )
        }
        if pod.usesHostPID {
            warnings.append("podmint: hostPID is true: processes of the node can read this pod's private key")
        }
        return warnings
    }
}

extension InjectionPlan {
    /// What stands in the way: names and paths that somebody else has taken.
    func obstacles(in pod: PodView) -> [Refusal] {
        (agent == nil ? [] : foreignContainers(pod)) + foreignVolumes(pod)
            + targets.flatMap { target in certificates.compactMap { mountConflict(target, $0) } }
    }

    private func foreignContainers(_ pod: PodView) -> [Refusal] {
        let inits = pod.initContainers.filter {
            $0.name == InjectedName.agent && !AgentComparison.isRecognisable($0.view)
        }
        let apps = pod.containers.filter { $0.name == InjectedName.agent }
        return (inits + apps).map { container in
            let field = Self.field(container)
            return Refusal(
                code: .nameTaken, field: field + ".name",
                problem: "\(field) is called podmint-agent, a name that podmint needs for its own container",
                fix: "Give it another name")
        }
    }

    private func foreignVolumes(_ pod: PodView) -> [Refusal] {
        pod.volumes.enumerated().compactMap { index, volume in
            guard let found = volume["name" as StaticString],
                let ours = volumes.first(where: { found.isString($0.name) }), !ours.isRecognisable(volume)
            else { return nil }
            return Refusal(
                code: .nameTaken, field: "spec.volumes[\(index)].name",
                problem: "volume \(ours.name) is not podmint's, which needs that name for its own",
                fix: "Give it another name")
        }
    }

    private static func field(_ container: ContainerView) -> String {
        "spec.\(container.list.rawValue)[\(container.index)]"
    }

    private func mountConflict(_ container: ContainerView, _ certificate: PlannedCertificate) -> Refusal? {
        for (index, mount) in container.volumeMounts.enumerated() {
            guard Self.leads(mount, to: certificate.path),
                let volume = mount["name" as StaticString]?.string, volume != certificate.volume
            else { continue }
            return Refusal(
                code: .mountConflict,
                field: "\(Self.field(container)).volumeMounts[\(index)].mountPath",
                problem:
                    "container \(container.name) mounts volume \(volume) at \(certificate.path.text), where its certificate goes",
                fix:
                    "Move one of them, the certificate with \(certificates.count == 1 ? "podmint.dev/mount-path" : "mount.path of TLSPolicy \(certificate.policy)")"
            )
        }
        return nil
    }

    static func leads(_ mount: JSONView, to path: MountPath) -> Bool {
        let path = path.text.utf8
        let leads = unsafe mount["mountPath" as StaticString]?.withUTF8 { found in
            let surplus = found.count - path.count
            let isSlashed = unsafe surplus == 1 && found.last == UInt8(ascii: "/")
            return unsafe (surplus == 0 || isSlashed) && found.starts(with: path)
        }
        return leads ?? false
    }
}
