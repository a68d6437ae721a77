// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A pod as an API server sends it (or its template, from a manifest), read in place.
///
/// Webhooks run before full validation, so nothing is taken for granted: what has a wrong type reads as absent.
package struct PodView {
    package let object: JSONView
    package let metadata: ObjectMeta
    package let spec: JSONView?

    package init(_ object: JSONView) {
        self.object = object
        metadata = ObjectMeta(of: object)
        spec = object["spec" as StaticString]
    }

    package var containers: [ContainerView] { Self.containers(spec?["containers" as StaticString]) }
    package var initContainers: [ContainerView] { Self.containers(spec?["initContainers" as StaticString]) }

    /// Null and absent both mean that a patch has to add the whole list.
    package var hasInitContainers: Bool { spec?["initContainers" as StaticString]?.isArray ?? false }
    package var hasVolumes: Bool { spec?["volumes" as StaticString]?.isArray ?? false }

    package var volumes: [JSONView] { spec?["volumes" as StaticString].map { Array($0.elements) } ?? [] }

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

    private static func containers(_ list: JSONView?) -> [ContainerView] {
        guard let list else { return [] }
        return list.elements.map(ContainerView.init)
    }
}

/// One entry of `containers` or `initContainers`.
package struct ContainerView {
    package let view: JSONView
    package let name: String

    init(_ view: JSONView) {
        self.view = view
        name = view["name" as StaticString]?.string ?? ""
    }

    package var runAsUser: Int64? { view.at("securityContext", "runAsUser")?.integer }
    package var hasVolumeMounts: Bool { view["volumeMounts" as StaticString]?.isArray ?? false }

    package var volumeMounts: [JSONView] {
        view["volumeMounts" as StaticString].map { Array($0.elements) } ?? []
    }

    /// The text of a quantity, which JSON may also write as a number.
    package func resource(_ list: StaticString, _ name: StaticString) -> String? {
        guard let value = view["resources" as StaticString]?[list]?[name] else { return nil }
        return value.string ?? (value.double == nil ? nil : value.value.text)
    }
}
