// SPDX-License-Identifier: Apache-2.0
import FuzzDriver
import Injection
import JSON
import KubernetesAPI

@main
enum FuzzAnnotations {
    static func main() { fuzz(fuzzOne) }
}

/// Lines `name: value` become podmint's annotations on a pod: whatever they say, a patch must apply, keep what the pod
/// had, and leave nothing to a second injection; a refusal must say something.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    do {
        for isControlled in [false, true] { try inject(pod(annotated: text, isControlled)) }
    } catch {
        fatalError("\(error)")
    }
    return 0
}

private func inject(_ pod: JSONValue) throws {
    switch try decide(pod) {
    case .unchanged, .skip: break
    case .refuse(let refusals):
        precondition(!refusals.isEmpty && refusals.allSatisfy { !$0.problem.isEmpty && !$0.fix.isEmpty })
    case .inject(let patch, _, _):
        let patched = try JSONPatch(parsing: JSONValue(parsing: patch)).applied(to: pod)
        for name in ["app", "db"] {
            precondition(patched.image(of: name) == "example/\(name):1", "\(name) was changed")
        }
        guard case .unchanged = try decide(patched) else { fatalError("a second injection wants more") }
    }
}

private func decide(_ pod: JSONValue) throws -> InjectionDecision {
    let context = InjectionContext(
        agentImage: "registry.example/podmint-agent:1.0", server: "https://podmint:8444", trust: "PEM",
        namespace: "shop", enforcesRestricted: true)
    return PodInjector.decide(PodView(try JSONDocument(pod.serialized()).root), context)
}

private func pod(annotated text: String, _ isControlled: Bool) -> JSONValue {
    var annotations: JSONValue = ["podmint.dev/inject": "true"]
    for line in text.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        annotations["podmint.dev/\(parts[0])"] = .string(parts.count > 1 ? String(parts[1]) : "")
    }
    var metadata: JSONValue = ["name": "p", "namespace": "shop", "annotations": annotations]
    if isControlled {
        metadata["ownerReferences"] = [
            ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true]
        ]
    }
    return [
        "metadata": metadata,
        "spec": [
            "containers": [
                ["name": "app", "image": "example/app:1"],
                [
                    "name": "db", "image": "example/db:1",
                    "volumeMounts": [["name": "data", "mountPath": "/data"]],
                ],
            ],
            "volumes": [["name": "data", "emptyDir": [:]]],
        ],
    ]
}

extension JSONValue {
    fileprivate func image(of container: String) -> String? {
        self["spec"]?["containers"]?.array?.first { $0["name"]?.string == container }?["image"]?.string
    }
}
