// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// Where a manifest keeps the pod that it is about: a Pod itself, or the template of a workload.
struct WorkloadTemplate {
    /// `Deployment web`.
    let name: String
    let namespace: String?
    let path: JSONPointer
    let pod: JSONValue

    /// Nil for what makes no pods.
    init?(in object: JSONValue) {
        guard let kind = object["kind"]?.string,
            let path = Self.path(kind, object["apiVersion"]?.string ?? ""),
            let pod = object.find(path), pod.object != nil
        else { return nil }
        let metadata = object["metadata"]
        let found = metadata?["name"]?.string ?? metadata?["generateName"]?.string.map { $0 + "…" }
        name = "\(kind) \(found ?? "(without a name)")"
        namespace = metadata?["namespace"]?.string
        self.path = path
        self.pod = pod
    }

    private static func path(_ kind: String, _ apiVersion: String) -> JSONPointer? {
        switch (apiVersion, kind) {
        case ("v1", "Pod"): []
        case ("v1", "ReplicationController"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"),
            ("apps/v1", "DaemonSet"), ("apps/v1", "ReplicaSet"), ("batch/v1", "Job"):
            ["spec", "template"]
        case ("batch/v1", "CronJob"): ["spec", "jobTemplate", "spec", "template"]
        case ("v1", "PodTemplate"): ["template"]
        default: nil
        }
    }
}

extension JSONPatch {
    /// The same patch for an object that holds the patched one at a path.
    func moved(under path: JSONPointer) -> JSONPatch {
        func moved(_ pointer: JSONPointer) -> JSONPointer { JSONPointer(path.tokens + pointer.tokens) }
        return JSONPatch(
            operations.map { operation in
                switch operation {
                case .add(let path, let value): .add(moved(path), value)
                case .remove(let path): .remove(moved(path))
                case .replace(let path, let value): .replace(moved(path), value)
                case .move(let source, let path): .move(from: moved(source), to: moved(path))
                case .copy(let source, let path): .copy(from: moved(source), to: moved(path))
                case .test(let path, let value): .test(moved(path), value)
                }
            })
    }
}
