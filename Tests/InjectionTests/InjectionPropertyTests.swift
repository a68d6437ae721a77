// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import Policies
import Testing

@testable import Injection

/// What holds for every pod. A failure names its seed.
struct InjectionPropertyTests {
    static let seeds = Array(UInt64(0)..<400)

    /// A cluster with the policies of this seed, or with none.
    private func context(_ random: RandomPod) throws -> InjectionContext {
        var context = InjectionContext(
            agentImage: "registry.example/podmint-agent:1.0", server: "https://podmint:8444", trust: "PEM",
            namespace: "shop")
        context.policies = PolicyCatalog()
        context.policies.markSynced()
        for policy in random.policies {
            let reading = TLSPolicy.read(try JSONDocument(policy.serialized()).root)
            #expect(reading.faults == [])
            context.policies.set(
                reading, named: policy["metadata"]?["name"]?.string ?? "", in: context.namespace)
        }
        context.userSecret = { name, _ in name == "a-ca" ? .authority : .certificate }
        return context
    }

    @Test(arguments: seeds) func `a second injection changes nothing`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        let injected = try inject(pod, random)
        #expect(try inject(injected, random) == injected)
    }

    @Test(arguments: seeds) func `other mutators between two injections are mended once and for all`(
        seed: UInt64
    ) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        let injected = try inject(pod, random)
        let meddled = random.meddle(with: injected)
        let mended = try inject(meddled, random)
        #expect(try inject(mended, random) == mended)
        try expectWhole(mended)
    }

    @Test(arguments: seeds) func `the class of service stays, and the agent is within restricted`(
        seed: UInt64
    ) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        let injected = try inject(pod, random)
        #expect(QualityClass(of: injected) == QualityClass(of: pod))
        let volumes =
            injected["spec"]?["volumes"]?.array?.filter { $0["name"]?.string?.hasPrefix("podmint-") == true }
            ?? []
        for agent in injected.agents { #expect(PodSecurity.violations(of: agent, volumes: volumes) == []) }
        #expect(volumes.count >= (injected.agents.isEmpty ? 1 : 2))
        try expectWhole(injected)
    }

    @Test(arguments: seeds) func `without what was injected the pod is the one it was`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let pod = random.make()
        #expect(try inject(pod, random).withoutInjection == pod.withoutInjection)
    }

    /// At most 16 kB come with an injection, of which trust and names are the cluster's.
    @Test(arguments: seeds) func `the patch stays small`(seed: UInt64) throws {
        var random = RandomPod(seed: seed)
        let document = try JSONDocument(random.make().serialized())
        let decision = PodInjector.decide(PodView(document.root), try context(random))
        guard case .inject(let patch, _, _) = decision else { return }
        #expect(patch.count < (random.policies.isEmpty ? 8192 : 16384))
    }

    private func inject(_ pod: JSONValue, _ random: RandomPod) throws -> JSONValue {
        let document = try JSONDocument(pod.serialized())
        switch PodInjector.decide(PodView(document.root), try context(random)) {
        case .inject(let patch, let differences, _):
            #expect(!differences.isEmpty)
            return try JSONPatch(parsing: JSONValue(parsing: patch)).applied(to: pod)
        case .unchanged: return pod
        case let other:
            Issue.record("\(other)")
            return pod
        }
    }

    private func expectWhole(_ pod: JSONValue) throws {
        let status = try JSONValue(
            parsing: pod["metadata"]?["annotations"]?["podmint.dev/status"]?.string ?? "")
        #expect(pod.agents.count == (status["agent"] == nil ? 0 : 1))
        guard status["agent"] != nil else { return }
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
