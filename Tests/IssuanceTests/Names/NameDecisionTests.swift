// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import OpenSSL
import Policies
import Testing

@testable import Issuance

struct NameDecisionTests {
    let cluster = ClusterNames()!

    private func service(
        _ name: String, namespace: String = "shop", selector: [String: String] = ["app": "web"],
        isHeadless: Bool = false, isExternalName: Bool = false, isBeingDeleted: Bool = false
    ) -> Service {
        Service(
            metadata: RecordMetadata(
                name: name, namespace: namespace, uid: "s", isBeingDeleted: isBeingDeleted),
            selector: selector, isHeadless: isHeadless, isExternalName: isExternalName)
    }

    private func names(_ pod: Pod, _ services: [Service]) -> [String] {
        NameDecision(pod: pod, services: services, cluster: cluster).names.map(\.text)
    }

    @Test func `says where each name comes from`() {
        let decision = NameDecision(
            pod: .fixture(), services: [service("web", isHeadless: true)], cluster: cluster)
        #expect(
            decision.allowed.map(\.description) == [
                "spiffe://cluster.local/ns/shop/sa/web (service account web)",
                "web-0.web.shop.svc (headless Service web and the pod's hostname)",
                "web-0.web.shop.svc.cluster.local (headless Service web and the pod's hostname)",
                "10.0.0.7 (the pod's address)", "fd00::7 (the pod's address)",
                "web.shop.svc (Service web selects the pod)",
                "web.shop.svc.cluster.local (Service web selects the pod)",
            ])
        #expect(decision.withheld.isEmpty)
    }

    @Test func `a pod without Services has its identity and its addresses`() {
        let pod = Pod.fixture {
            $0.hostname = nil
            $0.subdomain = nil
        }
        #expect(names(pod, []) == ["spiffe://cluster.local/ns/shop/sa/web", "10.0.0.7", "fd00::7"])
    }

    @Test func `its own DNS name needs a headless Service that selects it`() {
        #expect(!names(.fixture(), []).contains { $0.hasPrefix("web-0.") })
        #expect(!names(.fixture(), [service("web")]).contains { $0.hasPrefix("web-0.") }, "not headless")
        #expect(
            !names(.fixture(), [service("web", selector: ["app": "x"], isHeadless: true)]).contains {
                $0.hasPrefix("web")
            })
        let decision = NameDecision(pod: .fixture(), services: [], cluster: cluster)
        #expect(
            decision.withheld == [
                WithheldName(
                    name: "web-0.web.shop.svc", reason: "no headless Service \"web\" selects the pod")
            ])
    }

    @Test func `Services of other namespaces, aliases, and those on their way out give nothing`() {
        let services = [
            service("a", namespace: "other"), service("b", isExternalName: true),
            service("c", isBeingDeleted: true),
            service("d", selector: [:]),
        ]
        #expect(names(.fixture { $0.hostname = nil }, services).filter { $0.contains("svc") }.isEmpty)
    }

    @Test(arguments: ["svc", "cluster", "local"]) func `an ambiguous namespace gets no DNS names`(
        namespace: String
    ) {
        let pod = Pod.fixture(namespace: namespace)
        let decision = NameDecision(
            pod: pod, services: [service("web", namespace: namespace, isHeadless: true)], cluster: cluster)
        #expect(!decision.names.contains { if case .dns = $0 { true } else { false } })
        #expect(decision.withheld.count == 1)
    }

    @Test func `a namespace called kube is only ambiguous where the domain has such a label`() {
        let pod = Pod.fixture(namespace: "corp")
        let services = [service("web", namespace: "corp")]
        #expect(names(pod, services).contains("web.corp.svc"))
        let elsewhere = ClusterNames(clusterDomain: "k8s.corp")!
        #expect(
            !NameDecision(pod: pod, services: services, cluster: elsewhere).names.contains(
                .dns("web.corp.svc")))
    }

    @Test func `host network: the address is the node's`() {
        let decision = NameDecision(
            pod: .fixture { $0.usesHostNetwork = true }, services: [], cluster: cluster)
        #expect(decision.names.map(\.text) == ["spiffe://cluster.local/ns/shop/sa/web"])
        #expect(decision.withheld.contains { $0.reason.contains("hostNetwork") })
    }

    @Test(arguments: [
        "127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
        "ff02::1",
        "::ffff:127.0.0.1", "10.0.0.1/8", "host", "",
    ])
    func `an address that names no pod is withheld`(address: String) {
        let decision = NameDecision(
            pod: .fixture { $0.addresses = [address] }, services: [], cluster: cluster)
        #expect(decision.names.count == 1)
    }

    @Test(arguments: ["Web", "we_b", "-web", "web-", "*", "a.b", String(repeating: "a", count: 64)])
    func `what is no DNS label is withheld`(hostname: String) {
        let pod = Pod.fixture { $0.hostname = hostname }
        let decision = NameDecision(pod: pod, services: [service("web", isHeadless: true)], cluster: cluster)
        #expect(!decision.names.contains { $0.text.hasPrefix(hostname + ".") })
        #expect(decision.withheld.contains { $0.reason == "no valid DNS name" })
    }

    @Test func `thousands of Services make no more names than fit, and few words`() {
        let services = (0..<4000).map { service("s\($0 + 10_000)") }
        let decision = NameDecision(
            pod: .fixture(), services: services.reversed(), cluster: cluster,
            grant: NameGrant(isOwnAuthority: true))
        #expect(decision.allowed.count == 100 && decision.names.contains(.dns("s10000.shop.svc")))
        #expect(decision.withheld.count < 210)
        #expect(
            decision.withheld.contains(
                WithheldName(
                    name: "3900 more Services", reason: "a certificate carries at most 100 names")))
    }

    @Test func `past 100 names the last Services fall out, and it says so`() {
        let services = (0..<80).map { service("s\($0 + 100)") } + [service("web", isHeadless: true)]
        let decision = NameDecision(pod: .fixture(), services: services.shuffled(), cluster: cluster)
        #expect(decision.allowed.count == 100)
        #expect(decision.names.prefix(4).map(\.text).contains("web-0.web.shop.svc"))
        #expect(
            decision.names.contains(.dns("s100.shop.svc")) && !decision.names.contains(.dns("web.shop.svc")))
        #expect(decision.withheld.count == 5 + 81 * 2 - 100)
    }
}
