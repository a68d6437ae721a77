// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// How a pod differs from its plan, and the patch that brings it there; both empty when it is as planned.
///
/// Decided from the structure found, so it does not matter how often, or between which other mutators, it runs.
/// Every index in the patch belongs to the very object it was made from and stands behind a `test` of the name there.
struct PodRepair {
    private(set) var differences: [PodDifference] = []
    /// Nil when nothing is to be done.
    private(set) var patch: [UInt8]?

    init(_ pod: PodView, to plan: InjectionPlan, _ context: InjectionContext) {
        differences.reserveCapacity(plan.volumes.count + plan.targets.count + 2)
        var patch = PodPatch()
        repairVolumes(pod, plan.volumes, &patch)
        // Before the agent, whose coming and going shifts the indexes of init containers.
        for target in plan.targets { repairMounts(target, plan.certificates, &patch) }
        if let agent = plan.agent { repairAgent(pod, agent, context, &patch) }
        repairStatus(pod, plan.status, &patch)
        self.patch = patch.isEmpty ? nil : patch.finish()
    }

    // MARK: - Volumes

    private mutating func repairVolumes(_ pod: PodView, _ wanted: [InjectedVolume], _ patch: inout PodPatch) {
        var absent: [JSONValue] = []
        for volume in wanted {
            guard
                let index = pod.volumes.firstIndex(where: {
                    $0["name" as StaticString]?.isString(volume.name) == true
                })
            else {
                differences.append(.volumeMissing(volume.name))
                absent.append(volume.json)
                continue
            }
            let found = pod.volumes[index]
            guard !found.holds(volume.json) else { continue }
            differences.append(.volumeChanged(volume.name, isUsable: volume.isUsable(found)))
            patch.test(.volumes[index], isNamed: volume.name)
            patch.replace(.volumes[index], with: volume.json)
        }
        Self.append(absent, to: .volumes, exists: pod.hasVolumes, &patch)
    }

    // MARK: - Mounts

    private mutating func repairMounts(
        _ container: ContainerView, _ certificates: [PlannedCertificate], _ patch: inout PodPatch
    ) {
        let place = PodPath.container(container)
        let found = container.volumeMounts
        var absent: [JSONValue] = []
        var isTested = false
        func testOnce(_ patch: inout PodPatch) {
            if !isTested { patch.test(place, isNamed: container.name) }
            isTested = true
        }
        for certificate in certificates {
            let mount = InjectedMount.make(certificate)
            guard let index = found.firstIndex(where: { InjectionPlan.leads($0, to: certificate.path) })
            else {
                differences.append(.mountMissing(container: container.name, volume: certificate.volume))
                absent.append(mount)
                continue
            }
            let hasSubPath = found[index].has("subPath") || found[index].has("subPathExpr")
            let isReadOnly = found[index]["readOnly" as StaticString]?.bool == true
            guard !isReadOnly || hasSubPath else { continue }
            differences.append(.mountChanged(container: container.name, volume: certificate.volume))
            testOnce(&patch)
            patch.replace(place.volumeMounts[index], with: mount)
        }
        guard !absent.isEmpty else { return }
        testOnce(&patch)
        Self.append(absent, to: place.volumeMounts, exists: container.hasVolumeMounts, &patch)
    }

    // MARK: - The agent

    /// First among the init containers, but after those that make the network.
    private mutating func repairAgent(
        _ pod: PodView, _ agent: JSONValue, _ context: InjectionContext, _ patch: inout PodPatch
    ) {
        let list = PodPath.list(.initContainers)
        let containers = pod.initContainers
        let ours = containers.indices.filter { containers[$0].name == InjectedName.agent }
        let lastMesh = containers.lastIndex {
            $0.name != InjectedName.agent && context.meshContainers.contains($0.name)
        }
        // Among the others, so not counting ours.
        let position = lastMesh.map { mesh in mesh + 1 - ours.count { $0 < mesh } } ?? 0

        guard let first = ours.first else {
            differences.append(.agentMissing)
            guard pod.hasInitContainers else { return patch.add(all: [agent], at: list) }
            if let lastMesh { patch.test(list[lastMesh], isNamed: containers[lastMesh].name) }
            return patch.add(agent, at: list[position])
        }
        let comparison = AgentComparison(containers[first].view, wanted: agent)
        let kept = Self.keepingMirror(of: containers[first].view, in: agent)
        if !comparison.isAlike {
            differences.append(.agentChanged(missing: comparison.missing, changed: comparison.changed))
        }
        if ours.count > 1 { differences.append(.agentRepeated) }
        let isMisplaced = first != position
        if isMisplaced { differences.append(.agentMisplaced) }

        func remove(_ place: PodPath) {
            patch.test(place, isNamed: InjectedName.agent)
            patch.remove(place)
        }
        for surplus in ours.dropFirst().reversed() { remove(list[surplus]) }
        if isMisplaced {
            let container = comparison.isAlike ? containers[first].view.value : kept
            remove(list[first])
            patch.add(container, at: list[position])
        } else if !comparison.isAlike {
            patch.test(list[first], isNamed: InjectedName.agent)
            patch.replace(list[first], with: kept)
        }
    }

    /// An image that another mutator sent through a mirror stays there.
    private static func keepingMirror(of found: JSONView, in agent: JSONValue) -> JSONValue {
        guard let image = found["image" as StaticString]?.string, let wanted = agent["image"]?.string,
            AgentComparison.isSameImage(image, wanted)
        else { return agent }
        var kept = agent
        kept["image"] = .string(image)
        return kept
    }

    // MARK: - The status

    private mutating func repairStatus(_ pod: PodView, _ status: InjectionStatus, _ patch: inout PodPatch) {
        let text = status.text
        guard pod.metadata.annotation(InjectionStatus.key) != text else { return }
        differences.append(.statusOutdated)
        // A pod that a policy selects may have none yet.
        if pod.metadata.hasAnnotations {
            patch.add(.string(text), at: .status)
        } else {
            patch.add([InjectionStatus.key: .string(text)], at: .annotations)
        }
    }

    /// `add` at the end of a list fails when there is none, so then the whole list is added.
    private static func append(
        _ values: [JSONValue], to list: PodPath, exists: Bool, _ patch: inout PodPatch
    ) {
        guard !values.isEmpty else { return }
        if exists {
            for value in values { patch.add(value, at: list.end) }
        } else {
            patch.add(all: values, at: list)
        }
    }
}
