// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What makes a pod spec unusable.
enum PodRules {
    static func faults(_ spec: JSONValue, at path: String) -> [FieldError] {
        var faults: [FieldError] = []
        var volumes: Set<String> = []
        for (index, volume) in spec.list("volumes").enumerated() {
            let name = volume.text("name") ?? ""
            let field = "\(path).volumes[\(index)].name"
            if name.isEmpty { faults.append(.required(field)) }
            if !name.isEmpty, !NameRules.isLabel(name) {
                faults.append(.invalid(field, name, NameRules.labelWords))
            }
            if !volumes.insert(name).inserted { faults.append(.duplicate(field, name)) }
        }
        if spec.list("containers").isEmpty { faults.append(.required("\(path).containers")) }
        var names: Set<String> = []
        for list in ["initContainers", "containers"] {
            for (index, container) in spec.list(list).enumerated() {
                let field = "\(path).\(list)[\(index)]"
                faults += Self.container(container, at: field, volumes, isInit: list == "initContainers")
                let name = container.text("name") ?? ""
                if !name.isEmpty, !names.insert(name).inserted {
                    faults.append(.duplicate("\(field).name", name))
                }
            }
        }
        if let policy = spec.text("restartPolicy"), !["Always", "OnFailure", "Never"].contains(policy) {
            faults.append(.notSupported("\(path).restartPolicy", policy, ["Always", "OnFailure", "Never"]))
        }
        return faults
    }

    private static func container(
        _ container: JSONValue, at field: String, _ volumes: Set<String>, isInit: Bool
    ) -> [FieldError] {
        var faults: [FieldError] = []
        let name = container.text("name") ?? ""
        if name.isEmpty { faults.append(.required("\(field).name")) }
        if !name.isEmpty, !NameRules.isLabel(name) {
            faults.append(.invalid("\(field).name", name, NameRules.labelWords))
        }
        if (container.text("image") ?? "").isEmpty { faults.append(.required("\(field).image")) }
        var paths: Set<String> = []
        for (index, mount) in container.list("volumeMounts").enumerated() {
            let volume = mount.text("name") ?? ""
            let path = mount.text("mountPath") ?? ""
            if !volumes.contains(volume) {
                faults.append(
                    FieldError(
                        field: "\(field).volumeMounts[\(index)].name", reason: "FieldValueNotFound",
                        message: "Not found: \"\(volume)\""))
            }
            if path.isEmpty { faults.append(.required("\(field).volumeMounts[\(index)].mountPath")) }
            if !paths.insert(path).inserted {
                faults.append(.invalid("\(field).volumeMounts[\(index)].mountPath", path, "must be unique"))
            }
        }
        if let policy = container.text("restartPolicy"), !isInit || policy != "Always" {
            if !isInit {
                faults.append(.forbidden("\(field).restartPolicy", "may not be set for non-init containers"))
            }
        }
        if isInit, container.text("restartPolicy") != "Always" {
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"]
            where container.find(probe) != nil {
                faults.append(
                    .forbidden(
                        "\(field).\(probe)", "may not be set for init containers without restartPolicy=Always"
                    ))
            }
        }
        return faults
    }
}

/// A running pod's spec may hardly change: images, deadlines, added tolerations.
enum PodUpdateRules {
    static func faults(old: JSONValue, new: JSONValue) -> [FieldError] {
        guard mutable(old) != mutable(new) else { return [] }
        return [
            .forbidden(
                "spec",
                "pod updates may not change fields other than `spec.containers[*].image`,"
                    + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
                    + "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
                    + "previously negative)")
        ]
    }

    private static func mutable(_ pod: JSONValue) -> JSONValue? {
        var spec = pod.find("spec") ?? [:]
        for list in ["containers", "initContainers"] { spec.mapList(list) { $0.put("", "image") } }
        for field in ["activeDeadlineSeconds", "tolerations", "nodeName", "ephemeralContainers"] {
            spec.put(nil, field)
        }
        return spec
    }
}
