// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// How a pod differs from its plan, and the patch that brings it there; both empty when it is as planned.
///
/// Decided from the structure found, so it does not matter how often, or between which other mutators, it runs.
/// Every index in the patch belongs to the very object it was made from and stands behind a `test` of the name there.
struct PodRepair {
    private(set) var differences: [PodDifference] = []
    private(set) var patch = JSONPatch()

    init(_ pod: PodView, to plan: InjectionPlan, _ context: InjectionContext) {
        repairVolumes(pod, plan.volumes)
        // Before the agent, whose coming and going shifts the indexes of init containers.
        for target in plan.targets { repairMounts(target, plan.certificates) }
        if let agent = plan.agent { repairAgent(pod, agent, context) }
        repairStatus(pod, plan.status)
    }

    // MARK: - Volumes

    private mutating func repairVolumes(_ pod: PodView, _ wanted: [InjectedVolume]) {
        let found = pod.volumes
        var absent: [JSONValue] = []
        for volume in wanted {
            guard
                let index = found.firstIndex(where: {
                    $0["name" as StaticString]?.isString(volume.name) == true
                })
            else {
                differences.append(.volumeMissing(volume.name))
                absent.append(volume.json)
                continue
            }
            guard !found[index].holds(volume.json) else { continue }
            differences.append(.volumeChanged(volume.name, isUsable: volume.isUsable(found[index])))
            replace(["spec", "volumes", String(index)], named: volume.name, with: volume.json)
        }
        append(absent, to: ["spec", "volumes"], exists: pod.hasVolumes)
    }

    // MARK: - Mounts

    private mutating func repairMounts(_ target: InjectionPlan.Target, _ certificates: [PlannedCertificate]) {
        let container = target.container
        let place: JSONPointer = ["spec", target.list, String(target.index)]
        let found = container.volumeMounts
        var absent: [JSONValue] = []
        var isTested = false
        func testOnce(_ repair: inout PodRepair) {
            if !isTested { repair.test(place, named: container.name) }
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
            testOnce(&self)
            patch.operations.append(.replace(place.appending("volumeMounts").appending(index), mount))
        }
        guard !absent.isEmpty else { return }
        testOnce(&self)
        append(absent, to: place.appending("volumeMounts"), exists: container.hasVolumeMounts)
    }

    // MARK: - The agent

    /// First among the init containers, but after those that make the network.
    private mutating func repairAgent(_ pod: PodView, _ agent: JSONValue, _ context: InjectionContext) {
        let list: JSONPointer = ["spec", "initContainers"]
        let containers = pod.initContainers
        let ours = containers.indices.filter { containers[$0].name == InjectedName.agent }
        let others = containers.indices.filter { containers[$0].name != InjectedName.agent }
        let lastMesh = others.last { context.meshContainers.contains(containers[$0].name) }
        let position = lastMesh.map { mesh in others.count { $0 <= mesh } } ?? 0

        guard let first = ours.first else {
            differences.append(.agentMissing)
            guard pod.hasInitContainers else {
                append([agent], to: list, exists: false)
                return
            }
            if let lastMesh { test(list.appending(lastMesh), named: containers[lastMesh].name) }
            patch.operations.append(.add(list.appending(position), agent))
            return
        }
        let comparison = AgentComparison(containers[first].view, wanted: agent)
        let kept = Self.keepingMirror(of: containers[first].view, in: agent)
        if !comparison.isAlike {
            differences.append(.agentChanged(missing: comparison.missing, changed: comparison.changed))
        }
        if ours.count > 1 { differences.append(.agentRepeated) }
        let isMisplaced = others.count { $0 < first } != position
        if isMisplaced { differences.append(.agentMisplaced) }

        for surplus in ours.dropFirst().reversed() {
            remove(list.appending(surplus), named: InjectedName.agent)
        }
        if isMisplaced {
            let container = comparison.isAlike ? containers[first].view.value : kept
            remove(list.appending(first), named: InjectedName.agent)
            patch.operations.append(.add(list.appending(position), container))
        } else if !comparison.isAlike {
            replace(list.appending(first).tokens, named: InjectedName.agent, with: kept)
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

    private mutating func repairStatus(_ pod: PodView, _ status: InjectionStatus) {
        let text = status.text
        guard pod.metadata.annotation(InjectionStatus.key) != text else { return }
        differences.append(.statusOutdated)
        // A pod that a policy selects may have none yet.
        if pod.metadata.hasAnnotations {
            patch.operations.append(.add(["metadata", "annotations", InjectionStatus.key], .string(text)))
        } else {
            patch.operations.append(.add(["metadata", "annotations"], [InjectionStatus.key: .string(text)]))
        }
    }

    // MARK: - Operations

    private mutating func test(_ place: JSONPointer, named name: String) {
        patch.operations.append(.test(place.appending("name"), .string(name)))
    }

    private mutating func remove(_ place: JSONPointer, named name: String) {
        test(place, named: name)
        patch.operations.append(.remove(place))
    }

    private mutating func replace(_ place: [String], named name: String, with value: JSONValue) {
        test(JSONPointer(place), named: name)
        patch.operations.append(.replace(JSONPointer(place), value))
    }

    /// `add` at the end of a list fails when there is none, so then the whole list is added.
    private mutating func append(_ values: [JSONValue], to list: JSONPointer, exists: Bool) {
        guard !values.isEmpty else { return }
        if exists {
            for value in values { patch.operations.append(.add(list.end, value)) }
        } else {
            patch.operations.append(.add(list, .array(values)))
        }
    }
}
