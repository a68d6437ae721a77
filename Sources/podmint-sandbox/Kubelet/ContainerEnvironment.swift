// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// A container's environment, resolved: values, fields, keys of Secrets and ConfigMaps, `$(OTHER)` references.
struct ContainerEnvironment {
    let store: Store
    let pod: JSONValue
    let paths: ContainerPaths

    /// What a required key that is missing does: the container cannot start.
    struct Missing: Error {
        let what: String
    }

    func resolve(_ container: JSONValue) throws(Missing) -> [String: String] {
        var resolved = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOSTNAME": pod.text("spec", "hostname") ?? pod.name, "HOME": "/",
        ]
        for variable in container.list("env") {
            guard let name = variable.text("name") else { continue }
            if let source = variable.find("valueFrom") {
                if let value = try value(from: source) { resolved[name] = value }
            } else {
                resolved[name] = paths.map(Self.expand(variable.text("value") ?? "", resolved))
            }
        }
        return resolved
    }

    private func value(from source: JSONValue) throws(Missing) -> String? {
        if let path = source.text("fieldRef", "fieldPath") { return DownwardField.text(path, of: pod) }
        for (field, resource) in [
            ("secretKeyRef", Resource.secrets), ("configMapKeyRef", Resource.configMaps),
        ] {
            guard let reference = source.find(field) else { continue }
            let name = reference.text("name") ?? ""
            let key = reference.text("key") ?? ""
            let text = store.object(resource, pod.namespace, name)?.text("data", key)
            guard let text else {
                if reference.flag("optional") { return nil }
                throw Missing(what: "couldn't find key \(key) in \(resource.kind) \(pod.namespace)/\(name)")
            }
            guard resource == .secrets else { return text }
            return Base64.decode(text).map { String(decoding: $0, as: UTF8.self) }
        }
        return ""
    }

    /// `$(NAME)` of an earlier variable; `$$` is a dollar, an unknown name stays as it is.
    static func expand(_ text: String, _ known: [String: String]) -> String {
        var expanded = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            expanded += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                expanded += "$"
                rest = rest.dropFirst()
            } else if rest.first == "(", let end = rest.firstIndex(of: ")") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                expanded += known[name] ?? "$(\(name))"
                rest = rest[rest.index(after: end)...]
            } else {
                expanded += "$"
            }
        }
        return expanded + rest
    }
}
