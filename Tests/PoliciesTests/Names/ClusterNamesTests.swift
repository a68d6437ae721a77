// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Policies

struct ClusterNamesTests {
    @Test(arguments: ["Cluster.local", "", "cluster..local", "-x", "cluster.local."])
    func `a cluster domain must be a plain DNS name`(domain: String) {
        #expect(ClusterNames(clusterDomain: domain) == nil)
    }

    @Test func `the usual names are those of a cluster that says nothing`() {
        #expect(ClusterNames.standard == ClusterNames())
        #expect(
            ClusterNames.standard.identity(of: "web", in: "shop")
                == "spiffe://cluster.local/ns/shop/sa/web")
    }

    @Test(
        arguments: [
            ("web.shop.svc", "shop"), ("web.shop.svc.k8s.corp", "shop"), ("*.shop.pod.k8s.corp", "shop"),
            ("kubernetes.svc", "kubernetes"), ("k8s.corp", ""), ("svc", ""),
            ("web.shop.svc.cluster.local", nil),
            ("web.example.com", nil), ("svc.example.com", nil),
        ] as [(String, String?)]) func `a name of the cluster has an owner`(name: String, owner: String?)
        throws
    {
        let names = try #require(ClusterNames(clusterDomain: "k8s.corp"))
        #expect(names.owner(of: name) == owner)
    }
}
