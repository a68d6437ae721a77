// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A container's mount paths as folders of this machine: a path that stands alone in an argument or an environment
/// value is replaced, anything else is left as it is.
struct ContainerPaths: Sendable {
    private let mounts: [(path: String, folder: String)]

    init(_ container: JSONValue, volumes: String) {
        mounts = container.list("volumeMounts").compactMap { mount in
            guard let path = mount.text("mountPath"), let name = mount.text("name") else { return nil }
            let inside = mount.text("subPath").map { "/" + $0 } ?? ""
            return (
                path.count > 1 && path.last == "/" ? String(path.dropLast()) : path,
                "\(volumes)/\(name)\(inside)"
            )
        }.sorted { $0.path.count > $1.path.count }
    }

    func map(_ text: String) -> String {
        for mount in mounts {
            if text == mount.path { return mount.folder }
            if text.hasPrefix(mount.path + "/") { return mount.folder + text.dropFirst(mount.path.count) }
        }
        return text
    }
}
