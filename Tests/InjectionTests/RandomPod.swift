// SPDX-License-Identifier: Apache-2.0
import JSON

/// The same numbers from the same seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Pods that ask for a certificate, with much of what pods can have, and edits that other mutators may make.
struct RandomPod {
    private var random: SeededGenerator
    /// What the last pod made may be under.
    private(set) var policies: [JSONValue] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func make() -> JSONValue {
        let appNames = names(["app", "web", "db"], atLeast: 1)
        var annotations: JSONValue = ["podmint.dev/inject": "true"]
        if chance(4) { annotations["podmint.dev/containers"] = .string(appNames[0]) }
        if chance(4) { annotations["podmint.dev/mount-path"] = "/etc/tls" }
        if chance(5) { annotations["podmint.dev/owner"] = pick(["1000", "1000:2000", "1"]) }
        if chance(5) { annotations["podmint.dev/mode"] = pick(["0400", "0440", "0444"]) }
        if chance(5) { annotations["podmint.dev/duration"] = pick(["5m", "24h", "2184h"]) }
        if chance(5) { annotations["podmint.dev/key-algorithm"] = pick(["RSA-4096", "Ed25519"]) }
        if chance(3) { annotations["example.com/~odd"] = "ünïcode \"quoted\"" }
        if chance(5) { annotations["podmint.dev/certificate-authorities"] = "roots" }
        if chance(5) { annotations["podmint.dev/format"] = "pem,pkcs12" }
        if chance(5) { annotations["podmint.dev/sans"] = "a.example.com,${POD_NAME}.example.com" }
        let labels: JSONValue = chance(2) ? ["app": "es"] : [:]
        makePolicies(&annotations)

        let style = Int.random(in: 0..<4, using: &random)
        var spec: JSONValue = [
            "containers": .array(appNames.map { container($0, style) })
        ]
        let initNames = names(["istio-init", "setup", "linkerd-proxy", "migrate"], atLeast: 0)
        if !initNames.isEmpty { spec["initContainers"] = .array(initNames.map { container($0, style) }) }
        if chance(6) { spec["initContainers"] = spec["initContainers"] ?? .null }
        if chance(2) {
            spec["volumes"] = .array(
                names(["data", "config"], atLeast: 0).map { ["name": .string($0), "emptyDir": [:]] })
        }
        if chance(3) {
            spec["securityContext"] = ["runAsUser": pick([0, 1000, 65532]), "runAsNonRoot": true]
        }
        if chance(8) { spec["resources"] = ["limits": ["cpu": "2"]] }
        if chance(8) { spec["hostNetwork"] = true }
        return ["metadata": ["name": "p", "annotations": annotations, "labels": labels], "spec": spec]
    }

    /// Half of the time none; else up to three, of which the pod names some and some select it.
    private mutating func makePolicies(_ annotations: inout JSONValue) {
        policies = []
        guard chance(2) else { return }
        for name in names(["transport", "http", "default", "byo"], atLeast: 1) {
            var spec: JSONValue = ["certificate": ["duration": "2184h", "keyAlgorithm": "RSA-2048"]]
            if chance(2) { spec["selector"] = ["matchLabels": ["app": "es"]] }
            var mount: JSONValue = [:]
            if chance(2) { mount["path"] = .string("/etc/\(name)") }
            if chance(2) { mount["files"] = ["certificate": "node.crt", "ca": "trust.crt"] }
            if chance(3) { mount["keystorePasswordSecret"] = ["name": "stores", "key": "password"] }
            spec["mount"] = mount
            var tls: JSONValue = [:]
            if chance(3) {
                tls["certificateAuthorities"] = pick([["configMapName": "a"], ["secretName": "b"]])
            }
            if chance(3) { tls["certificate"] = pick([["secretName": "a-ca"], ["secretName": "a-leaf"]]) }
            spec["tls"] = tls
            policies.append([
                "apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy",
                "metadata": ["name": .string(name), "namespace": "shop"], "spec": spec,
            ])
        }
        let all = policies.compactMap { $0["metadata"]?["name"]?.string }
        let named = names(all, atLeast: 0)
        if !named.isEmpty { annotations["podmint.dev/policy"] = .string(named.joined(separator: ",")) }
        annotations["podmint.dev/mount-path"] = nil
    }

    /// What another mutator does to a pod that may be injected already.
    mutating func meddle(with pod: JSONValue) -> JSONValue {
        var pod = pod
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                pod = inserting(container("side\(random.next() % 1000)", 0), into: "initContainers", of: pod)
            case 1: pod = inserting(container("istio-proxy", 0), into: "initContainers", of: pod)
            case 2: pod = inserting(container("side\(random.next() % 1000)", 0), into: "containers", of: pod)
            case 3: pod = removingOne(from: "initContainers", of: pod)
            case 4: pod = removingOne(from: "volumes", of: pod)
            case 5: pod["spec"]?["volumes"] = nil
            case 6:
                pod = editing(pod) {
                    $0["env"] = nil; $0["imagePullPolicy"] = "Always"
                }
            default:
                pod = editing(pod) {
                    $0["resources"] = ["limits": ["cpu": "1"]]
                    $0["volumeMounts"] = .array(($0["volumeMounts"]?.array ?? []).dropLast())
                }
            }
        }
        return pod
    }

    // MARK: - Parts

    private mutating func container(_ name: String, _ style: Int) -> JSONValue {
        var container: JSONValue = ["name": .string(name), "image": "example/\(name):1"]
        switch style {
        case 0: break
        case 1:
            container["resources"] = [
                "limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "1000m", "memory": "1Gi"],
            ]
        case 2: container["resources"] = ["requests": ["cpu": "100m"], "limits": ["memory": "64Mi"]]
        default: if chance(2) { container["resources"] = ["limits": ["cpu": "500m", "memory": "1Gi"]] }
        }
        if chance(3) { container["securityContext"] = ["runAsUser": pick([0, 1000, 1337])] }
        if chance(2) { container["volumeMounts"] = [["name": "data", "mountPath": "/data"]] }
        if chance(6) { container["volumeMounts"] = .null }
        return container
    }

    private mutating func inserting(_ element: JSONValue, into list: String, of pod: JSONValue) -> JSONValue {
        var elements = pod["spec"]?[list]?.array ?? []
        guard !elements.contains(where: { $0["name"] == element["name"] }) else { return pod }
        elements.insert(element, at: Int.random(in: 0...elements.count, using: &random))
        var pod = pod
        pod["spec"]?[list] = .array(elements)
        return pod
    }

    private mutating func removingOne(from list: String, of pod: JSONValue) -> JSONValue {
        var pod = pod
        guard var elements = pod["spec"]?[list]?.array, !elements.isEmpty else { return pod }
        elements.remove(at: Int.random(in: 0..<elements.count, using: &random))
        pod["spec"]?[list] = .array(elements)
        return pod
    }

    private mutating func editing(_ pod: JSONValue, _ edit: (inout JSONValue) -> Void) -> JSONValue {
        var pod = pod
        let list = chance(2) ? "initContainers" : "containers"
        guard var elements = pod["spec"]?[list]?.array, !elements.isEmpty else { return pod }
        edit(&elements[Int.random(in: 0..<elements.count, using: &random)])
        pod["spec"]?[list] = .array(elements)
        return pod
    }

    private mutating func names(_ all: [String], atLeast least: Int) -> [String] {
        Array(all.shuffled(using: &random).prefix(Int.random(in: least...all.count, using: &random)))
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
    private mutating func pick(_ values: [JSONValue]) -> JSONValue {
        values.randomElement(using: &random) ?? .null
    }
}
