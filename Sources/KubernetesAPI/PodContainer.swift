// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A container of a pod, down to what tells podmint's agent from anything else.
package struct PodContainer: Sendable {
    /// One variable of `env`, in the order written: of two with one name, the kubelet takes the last.
    package struct Variable: Sendable, Hashable {
        package var name: String
        /// Nil when it comes from elsewhere (`valueFrom`).
        package var value: String?

        package init(_ name: String, _ value: String?) {
            self.name = name
            self.value = value
        }
    }

    package struct Mount: Sendable, Hashable {
        package var volume: String
        package var path: String
        package var isReadOnly: Bool

        package init(_ volume: String, at path: String, isReadOnly: Bool = false) {
            self.volume = volume
            self.path = path
            self.isReadOnly = isReadOnly
        }
    }

    package var name: String
    package var image: String
    package var command: [String]
    package var arguments: [String]
    package var environment: [Variable]
    /// `envFrom` is used: then variables may come that nobody sees in the spec.
    package var importsEnvironment: Bool
    package var mounts: [Mount]
    /// An init container that stays (`restartPolicy: Always`): a native sidecar.
    package var restartsAlways: Bool

    package init(
        name: String, image: String = "", command: [String] = [], arguments: [String] = [],
        environment: [Variable] = [], importsEnvironment: Bool = false, mounts: [Mount] = [],
        restartsAlways: Bool = false
    ) {
        self.name = name
        self.image = image
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.importsEnvironment = importsEnvironment
        self.mounts = mounts
        self.restartsAlways = restartsAlways
    }

    package init(_ view: JSONView) {
        name = view["name"]?.string ?? ""
        image = view["image"]?.string ?? ""
        command = view["command"]?.elements.compactMap(\.string) ?? []
        arguments = view["args"]?.elements.compactMap(\.string) ?? []
        environment =
            view["env"]?.elements.map { entry in
                // `value: ""` and no value at all are the same to Kubernetes, unless `valueFrom` is there.
                let comesFromElsewhere = entry["valueFrom"].map { !$0.isNull } ?? false
                let value = comesFromElsewhere ? nil : entry["value"]?.string ?? ""
                return Variable(entry["name"]?.string ?? "", value)
            } ?? []
        importsEnvironment = view["envFrom"]?.elements.contains { _ in true } ?? false
        mounts =
            view["volumeMounts"]?.elements.map { mount in
                Mount(
                    mount["name"]?.string ?? "", at: mount["mountPath"]?.string ?? "",
                    isReadOnly: mount["readOnly"]?.bool ?? false)
            } ?? []
        restartsAlways = view["restartPolicy"]?.string == "Always"
    }

    /// The value of a variable that stands in the spec exactly once and as plain text; nil for all others.
    package func literal(_ name: String) -> String? {
        let found = environment.filter { $0.name == name }
        return found.count == 1 ? found.first?.value : nil
    }
}
