// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Testing

@testable import Injection

/// What holds for every pod. A failure names its seed.
struct InjectionPropertyTests {
    static let seeds = Array(UInt64(0)..<400)

    let context = InjectionContext(
        agentImage: "registry.example/podmint-agent:1.0", server: "https://podmint:8444", trust: "PEM")

    @Test(arguments: seeds) func `a second injection changes nothing`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let injected = try inject(random.make())
        #expect(try inject(injected) == injected)
    }

    @Test(arguments: seeds) func `other mutators between two injections are mended once and for all`(
        seed: UInt64
    ) throws {
        var random = RandomPod(seed: seed)
        let meddled = random.meddle(with: try inject(random.make()))
        let mended = try inject(meddled)
        #expect(try inject(mended) == mended)
        try expectWhole(mended)
    }

    @Test(arguments: seeds) func `the class of service stays, and the agent is within restricted`(
        seed: UInt64
    ) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        let injected = try inject(pod)
        #expect(QualityClass(of: injected) == QualityClass(of: pod))
        let agent = try #require(injected.agents.first)
        let volumes =
            injected["spec"]?["volumes"]?.array?.filter { $0["name"]?.string?.hasPrefix("podmint-") == true }
            ?? []
        #expect(PodSecurity.violations(of: agent, volumes: volumes) == [])
        #expect(volumes.count == 2)
        try expectWhole(injected)
    }

    @Test(arguments: seeds) func `without what was injected the pod is the one it was`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        #expect(try inject(pod).withoutInjection == pod.withoutInjection)
    }

    /// At most 16 kB come with an injection, of which trust and names are the cluster's.
    @Test(arguments: seeds) func `the patch stays small`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let document = try JSONDocument(random.make().serialized())
        guard case .inject(let patch, _, _) = PodInjector.decide(PodView(document.root), context) else {
            return
        }
        #expect(patch.serialized().count < 8192)
    }

    private func inject(_ pod: JSONValue) throws -> JSONValue {
        switch PodInjector.decide(PodView(try JSONDocument(pod.serialized()).root), context) {
        case .inject(let patch, let differences, _):
            #expect(!differences.isEmpty)
            return try patch.applied(to: pod)
        case .unchanged: return pod
        case let other:
            Issue.record("\(other)")
            return pod
        }
    }

    private func expectWhole(_ pod: JSONValue) throws {
        #expect(pod.agents.count == 1)
        let order = pod["spec"]?["initContainers"]?.array?.compactMap { $0["name"]?.string } ?? []
        let mesh = order.lastIndex { InjectionContext.knownMeshContainers.contains($0) } ?? -1
        #expect(order.firstIndex(of: "podmint-agent") == mesh + 1)
    }
}

extension JSONValue {
    fileprivate var agents: [JSONValue] {
        self["spec"]?["initContainers"]?.array?.filter { $0["name"] == "podmint-agent" } ?? []
    }

    /// Null, empty and absent lists are the same here.
    fileprivate var withoutInjection: JSONValue {
        var pod = self
        pod["metadata"]?["annotations"]?["podmint.dev/status"] = nil
        func keep(_ list: JSONValue?) -> JSONValue? {
            let kept = list?.array?.filter { $0["name"]?.string?.hasPrefix("podmint-") != true } ?? []
            return kept.isEmpty ? nil : .array(kept)
        }
        let volumes = keep(self["spec"]?["volumes"])
        pod["spec"]?["volumes"] = volumes
        for list in ["initContainers", "containers"] {
            let containers = keep(self["spec"]?[list])?.array?.map { container in
                var container = container
                let mounts = keep(container["volumeMounts"])
                container["volumeMounts"] = mounts
                return container
            }
            pod["spec"]?[list] = containers.map(JSONValue.array)
        }
        return pod
    }
}
