// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL

/// What files a volume holds now: from Secrets, ConfigMaps, the pod itself and fresh tokens.
struct VolumeContent {
    let cluster: Cluster
    let pod: JSONValue

    /// Why the volume cannot be mounted yet, in the kubelet's words.
    struct Unavailable: Error {
        let why: String
    }

    struct Files {
        var contents: [String: [UInt8]] = [:]
        var mode: UInt32 = 0o644
        /// When a token in it should be replaced: at four fifths of its life.
        var renewAt: Int64?
    }

    /// nil for kinds that hold no files of ours (emptyDir, hostPath…).
    func files(of volume: JSONValue, tokens: inout [String: KubeletToken]) throws(Unavailable) -> Files? {
        var files = Files()
        if let source = volume.find("secret") {
            try add(.secrets, named: source.text("secretName") ?? "", source, volume, to: &files)
        } else if let source = volume.find("configMap") {
            try add(.configMaps, named: source.text("name") ?? "", source, volume, to: &files)
        } else if let source = volume.find("downwardAPI") {
            add(fields: source, to: &files)
        } else if let projected = volume.find("projected") {
            for source in projected.list("sources") {
                try add(projected: source, volume, &tokens, to: &files)
            }
        } else {
            return nil
        }
        for source in ["secret", "configMap", "projected", "downwardAPI"] {
            if let mode = volume.number(source, "defaultMode") { files.mode = UInt32(mode & 0o777) }
        }
        return files
    }

    private func add(
        projected source: JSONValue, _ volume: JSONValue, _ tokens: inout [String: KubeletToken],
        to files: inout Files
    ) throws(Unavailable) {
        if let secret = source.find("secret") {
            try add(.secrets, named: secret.text("name") ?? "", secret, volume, to: &files)
        }
        if let map = source.find("configMap") {
            try add(.configMaps, named: map.text("name") ?? "", map, volume, to: &files)
        }
        if let fields = source.find("downwardAPI") { add(fields: fields, to: &files) }
        guard let wanted = source.find("serviceAccountToken") else { return }
        let path = wanted.text("path") ?? "token"
        let id = "\(volume.text("name") ?? "")/\(path)"
        if tokens[id].map({ $0.renewAt <= cluster.now }) ?? true { tokens[id] = try token(wanted) }
        guard let token = tokens[id] else { return }
        files.contents[path] = Array(token.text.utf8)
        files.renewAt = min(files.renewAt ?? .max, token.renewAt)
    }

    private func token(_ wanted: JSONValue) throws(Unavailable) -> KubeletToken {
        let seconds = wanted.number("expirationSeconds") ?? 3600
        let audience = wanted.text("audience") ?? ""
        let request: JSONValue = [
            "spec": [
                "audiences": audience.isEmpty ? [] : [.string(audience)],
                "expirationSeconds": .integer(seconds),
                "boundObjectRef": [
                    "kind": "Pod", "apiVersion": "v1", "name": .string(pod.name), "uid": .string(pod.uid),
                ],
            ]
        ]
        do throws(APIError) {
            let answer = try TokenRequests(cluster: cluster).issue(
                request, namespace: pod.namespace,
                account: pod.text("spec", "serviceAccountName") ?? "default")
            return KubeletToken(
                text: answer.text("status", "token") ?? "", renewAt: cluster.now + seconds * 4 / 5)
        } catch {
            throw Unavailable(why: "failed to fetch token: \(error.message)")
        }
    }

    private func add(
        _ resource: Resource, named name: String, _ source: JSONValue, _ volume: JSONValue,
        to files: inout Files
    ) throws(Unavailable) {
        guard let object = cluster.store.object(resource, pod.namespace, name) else {
            if source.flag("optional") { return }
            throw Unavailable(
                why: "MountVolume.SetUp failed for volume \"\(volume.text("name") ?? "")\" : "
                    + "\(resource.plural.dropLast()) \"\(name)\" not found")
        }
        var all: [String: [UInt8]] = [:]
        for (key, value) in object.textMap("data") {
            all[key] = resource == .secrets ? Base64.decode(value) ?? [] : Array(value.utf8)
        }
        for (key, value) in object.textMap("binaryData") { all[key] = Base64.decode(value) ?? [] }
        let items = source.list("items")
        guard !items.isEmpty else {
            files.contents.merge(all) { _, new in new }
            return
        }
        for item in items {
            let key = item.text("key") ?? ""
            if let bytes = all[key] {
                files.contents[item.text("path") ?? key] = bytes
            } else if !source.flag("optional") {
                throw Unavailable(why: "references non-existent \(resource.plural.dropLast()) key: \(key)")
            }
        }
    }

    private func add(fields source: JSONValue, to files: inout Files) {
        for item in source.list("items") {
            let text = DownwardField.text(item.text("fieldRef", "fieldPath") ?? "", of: pod)
            files.contents[item.text("path") ?? ""] = Array(text.utf8)
        }
    }
}

/// A token the kubelet holds for one volume.
struct KubeletToken: Sendable {
    let text: String
    let renewAt: Int64
}
