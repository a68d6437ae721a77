// SPDX-License-Identifier: Apache-2.0
internal import Injection
package import JSON
internal import KubernetesAPI
internal import SigningProtocol

/// A pod as far as certificates go: what it serves with, by which names, and whether injection saw it. Some 500 bytes.
package struct PodUse: Hashable, Sendable {
    package let namespace: String
    package let name: String
    package let uid: String
    package let labels: [String: String]
    package let hostname: String?
    package let subdomain: String?
    /// `Deployment web`, `StatefulSet db`, or `pod x`.
    package let owner: String
    /// The Secrets of its volumes, which it fails without.
    package let mountedSecrets: Set<String>
    /// Those of podmint, without their prefix.
    package let annotations: [String: String]
    let serviceAccount: String
    package let hasAgent: Bool
    /// What it was given, by policy.
    package let holdings: [String: PolicyHolding]
    /// Not started yet, such as a pod whose volumes cannot be mounted.
    let isPending: Bool
    /// Its containers hold, or will hold, what its volumes give them.
    package let isLive: Bool
    /// No agent can run in it: a Windows pod, or the shadow of a static one.
    package let isBeyondInjection: Bool

    package init?(_ object: JSONView) {
        let pod = PodView(object)
        guard let name = pod.metadata.name, let namespace = pod.metadata.namespace, pod.spec != nil else {
            return nil
        }
        self.namespace = namespace
        self.name = name
        uid = pod.metadata.uid ?? ""
        labels = pod.labels
        hostname = pod.spec?["hostname" as StaticString]?.string
        subdomain = pod.spec?["subdomain" as StaticString]?.string
        owner = Self.owner(pod.metadata, labels) ?? "pod \(name)"
        mountedSecrets = Self.secrets(pod)
        annotations = pod.wishes
        serviceAccount = pod.serviceAccount
        hasAgent = pod.initContainers.contains { $0.name == InjectedName.agent }
        holdings = Self.holdings(pod)
        let phase = object.at("status", "phase")?.string ?? ""
        isPending = phase == "Pending"
        isLive =
            phase != "Succeeded" && phase != "Failed" && object.at("metadata", "deletionTimestamp") == nil
        isBeyondInjection = pod.isMirror || pod.isWindows
    }

    /// The Secrets that it serves with: those that are mounted for it, else the one that it names.
    package var certificateSecrets: [String] {
        let mounted = holdings.sorted { $0.key < $1.key }.compactMap(\.value.secret)
        guard mounted.isEmpty else { return mounted }
        return [annotations[AnnotationName.secret.rawValue]].compactMap(\.self).filter { !$0.isEmpty }
    }

    package func uses(_ secret: String) -> Bool {
        isLive && (annotations[AnnotationName.secret.rawValue] == secret || mountedSecrets.contains(secret))
    }

    private static func holdings(_ pod: PodView) -> [String: PolicyHolding] {
        var holdings: [String: PolicyHolding] = [:]
        for volume in pod.volumes {
            guard let policy = volume["name" as StaticString]?.string.flatMap(InjectedName.policy(ofVolume:)),
                let holding = PolicyHolding(volume)
            else { continue }
            holdings[policy.text] = holding
        }
        return holdings
    }

    private static func secrets(_ pod: PodView) -> Set<String> {
        var names: Set<String> = []
        for volume in pod.volumes {
            if let name = volume.at("secret", "secretName")?.string { names.insert(name) }
            for source in volume.at("projected", "sources").map({ Array($0.elements) }) ?? [] {
                if let name = source.at("secret", "name")?.string { names.insert(name) }
            }
        }
        return names
    }

    /// Pods of a Deployment belong to a ReplicaSet that people never named.
    private static func owner(_ metadata: ObjectMeta, _ labels: [String: String]) -> String? {
        guard let controller = metadata.controller else { return nil }
        if controller.kind == "ReplicaSet", let hash = labels["pod-template-hash"],
            controller.name.hasSuffix("-\(hash)")
        {
            return "Deployment \(controller.name.dropLast(hash.count + 1))"
        }
        return "\(controller.kind) \(controller.name)"
    }
}

extension [PodUse] {
    /// `Deployment web, StatefulSet db and 3 more`
    package var owners: String {
        let names = Set(map(\.owner)).sorted()
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}
