// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A pod as an API server sends it (or its template, from a manifest), read in place.
///
/// Webhooks run before full validation, so nothing is taken for granted: what has a wrong type reads as absent.
package struct PodView {
    package let object: JSONView
    package let metadata: ObjectMeta
    package let spec: JSONView?
    package let initContainers: [ContainerView]
    package let containers: [ContainerView]
    package let volumes: [JSONView]

    package init(_ object: JSONView) {
        self.object = object
        metadata = ObjectMeta(of: object)
        spec = object["spec" as StaticString]
        initContainers = ContainerView.all(.initContainers, of: spec)
        containers = ContainerView.all(.containers, of: spec)
        volumes = spec?["volumes" as StaticString].map { Array($0.elements) } ?? []
    }

    /// Null and absent both mean that a patch has to add the whole list.
    package var hasInitContainers: Bool { spec?["initContainers" as StaticString]?.isArray ?? false }
    package var hasVolumes: Bool { spec?["volumes" as StaticString]?.isArray ?? false }

    package var usesHostNetwork: Bool { spec?["hostNetwork" as StaticString]?.bool ?? false }
    package var usesHostPID: Bool { spec?["hostPID" as StaticString]?.bool ?? false }

    /// The API copy of a static pod: the kubelet runs the file on its node, whatever is changed here.
    package var isMirror: Bool { metadata.annotation("kubernetes.io/config.mirror") != nil }

    package var isWindows: Bool {
        spec?.at("os", "name")?.isString("windows") == true
            || spec?.at("nodeSelector", "kubernetes.io/os")?.isString("windows") == true
    }

    package var runAsUser: Int64? { spec?.at("securityContext", "runAsUser")?.integer }

    package var labels: [String: String] {
        guard let labels = object.at("metadata", "labels") else { return [:] }
        return Dictionary(labels.members.compactMap { key, value in value.string.map { (key, $0) } }) { $1 }
    }

    package var fsGroup: Int64? { spec?.at("securityContext", "fsGroup")?.integer }

    /// The whole pod's budget (Kubernetes 1.34): containers then need none of their own.
    package var hasPodResources: Bool {
        guard let resources = spec?["resources" as StaticString] else { return false }
        return resources["requests" as StaticString]?.count ?? 0 > 0
            || resources["limits" as StaticString]?.count ?? 0 > 0
    }
}

/// The two lists of containers in a pod's spec, in the order in which they start.
package enum ContainerList: String, Sendable {
    case initContainers
    case containers
}

/// One entry of `containers` or `initContainers`.
package struct ContainerView {
    package let view: JSONView
    package let name: String
    package let list: ContainerList
    package let index: Int

    fileprivate static func all(_ list: ContainerList, of spec: JSONView?) -> [ContainerView] {
        let found =
            list == .containers
            ? spec?["containers" as StaticString] : spec?["initContainers" as StaticString]
        guard let found else { return [] }
        var index = -1
        return found.elements.map { view in
            index += 1
            return ContainerView(
                view: view, name: view["name" as StaticString]?.string ?? "", list: list, index: index)
        }
    }

    package var runAsUser: Int64? { view.at("securityContext", "runAsUser")?.integer }
    package var hasVolumeMounts: Bool { view["volumeMounts" as StaticString]?.isArray ?? false }

    package var volumeMounts: [JSONView] {
        view["volumeMounts" as StaticString].map { Array($0.elements) } ?? []
    }

    /// What it asks for; nil when that is nothing.
    package var resources: ResourceView? {
        guard let view = view["resources" as StaticString], view.count > 0 else { return nil }
        return ResourceView(
            limits: view["limits" as StaticString], requests: view["requests" as StaticString])
    }
}

/// The `resources` of a container.
package struct ResourceView {
    fileprivate let limits: JSONView?
    fileprivate let requests: JSONView?

    package func limit(of resource: StaticString) -> Quantity? { Self.amount(limits?[resource]) }
    package func request(of resource: StaticString) -> Quantity? { Self.amount(requests?[resource]) }

    /// JSON may also write a quantity as a number. Zero counts as nothing.
    private static func amount(_ view: JSONView?) -> Quantity? {
        guard let view, let text = view.string ?? (view.double == nil ? nil : view.value.text),
            let quantity = Quantity(parsing: text), quantity > .zero
        else { return nil }
        return quantity
    }
}
