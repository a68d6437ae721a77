// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import JSON

/// The folders of one pod, laid out and kept current.
struct PodVolumes {
    let cluster: Cluster
    let folder: Folder
    private var tokens: [String: KubeletToken] = [:]
    private var stamp = 0

    init(cluster: Cluster, folder: Folder) {
        self.cluster = cluster
        self.folder = folder
    }

    var path: String { "\(folder.path)/volumes" }

    /// Writes what changed. The first time it makes everything; a missing Secret or ConfigMap says why it cannot.
    mutating func sync(_ pod: JSONValue) throws {
        let volumes = try folder.folder("volumes")
        let group = pod.number("spec", "securityContext", "fsGroup").map { Int($0) }
        let content = VolumeContent(cluster: cluster, pod: pod)
        for volume in pod.list("spec", "volumes") {
            let name = volume.text("name") ?? ""
            if let files = try content.files(of: volume, tokens: &tokens) {
                stamp += 1
                let isToken = files.renewAt != nil
                try AtomicVolume(folder: try volumes.folder(name), group: group).write(
                    files.contents, mode: isToken && group != nil ? 0o640 : files.mode,
                    stamp: "\(cluster.now)_\(stamp)")
            } else if volume.find("emptyDir") != nil {
                try makeEmpty("\(volumes.path)/\(name)", group)
            } else {
                _ = try volumes.folder(name)
            }
        }
    }

    /// As the kubelet makes it: for everybody, sticky; with an fsGroup what is made in it inherits that group.
    private func makeEmpty(_ path: String, _ group: Int?) throws(Folder.Failure) {
        guard unsafe access(path, F_OK) != 0 else { return }
        _ = try Folder.made(path)
        if let group { unsafe chown(path, getuid(), gid_t(group)) }
        unsafe chmod(path, group == nil ? 0o1777 : 0o3777)
    }

    func remove() { Folder.remove(path) }
}
