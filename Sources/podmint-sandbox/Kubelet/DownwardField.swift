// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a `fieldRef` names, read off the pod.
enum DownwardField {
    static func text(_ path: String, of pod: JSONValue) -> String {
        switch path {
        case "metadata.name": pod.name
        case "metadata.namespace": pod.namespace
        case "metadata.uid": pod.uid
        case "metadata.labels": lines(pod.labels)
        case "metadata.annotations": lines(pod.annotations)
        case "spec.nodeName": pod.text("spec", "nodeName") ?? ""
        case "spec.serviceAccountName": pod.text("spec", "serviceAccountName") ?? ""
        case "status.podIP": pod.text("status", "podIP") ?? ""
        case "status.podIPs": addresses(pod, "podIPs")
        case "status.hostIP": pod.text("status", "hostIP") ?? ""
        case "status.hostIPs": addresses(pod, "hostIPs")
        default: subscripted(path, pod)
        }
    }

    /// `metadata.labels['key']`
    private static func subscripted(_ path: String, _ pod: JSONValue) -> String {
        for (prefix, map) in [("metadata.labels['", pod.labels), ("metadata.annotations['", pod.annotations)]
        where path.hasPrefix(prefix) && path.hasSuffix("']") {
            return map[String(path.dropFirst(prefix.count).dropLast(2))] ?? ""
        }
        return ""
    }

    private static func addresses(_ pod: JSONValue, _ field: String) -> String {
        pod.list("status", field).compactMap { $0.text("ip") }.joined(separator: ",")
    }

    private static func lines(_ map: [String: String]) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(JSONValue.string($0.value).text)" }.joined(
            separator: "\n")
    }
}
