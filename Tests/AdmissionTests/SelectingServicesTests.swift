// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import OpenSSL
import Policies
import Testing
import Validation

@testable import Admission

struct SelectingServicesTests {
    private static func many(_ count: Int) -> [Service] {
        (0..<count).map { FakeCertificateFacts.service("s\(10_000 + $0)", selecting: ["app": "web"]) }
    }

    private func around(_ services: [Service]) -> CertificateUse.Surroundings {
        CertificateUse.Surroundings(
            services: SelectingServices(services, clusterDomain: "cluster.local"), policies: [],
            clusterDomain: "cluster.local", trustDomain: "cluster.local")
    }

    @Test func `of many Services a hundred are looked for, and the rest is told`() throws {
        let services = SelectingServices(Self.many(3000).reversed(), clusterDomain: "cluster.local")
        let names = services.names(selecting: ["app": "web"], in: "shop")
        #expect(names.isCutShort && names.wanted.count == SelectingServices.most)
        #expect(names.wanted.first?.name.text == "s10000.shop.svc")
        #expect(!services.names(selecting: ["app": "x"], in: "shop").isCutShort)
        let pod = try FakeCertificateFacts.pod(secret: "web-tls")
        let use = try #require(CertificateUse.all(ServedPods(of: pod), around(Self.many(101))).first)
        #expect(use.isCutShort && use.expectation.names.count == 100)
    }

    @Test func `pods of the same labels are looked for once, and those that name no Secret not at all`()
        throws
    {
        let around = around(Self.many(10))
        for number in 0..<128 {
            let pod = try FakeCertificateFacts.pod("web-\(number)", secret: "web-tls")
            #expect(CertificateUse.all(ServedPods(of: pod), around).count == 1)
        }
        #expect(around.services.labelsLookedFor == 1)
        let other = self.around(Self.many(10))
        let mounting = try FakeCertificateFacts.pod(secret: "web-tls", mounted: true)
        #expect(CertificateUse.all(ServedPods(of: mounting), other).isEmpty)
        #expect(other.services.labelsLookedFor == 0)
    }
}
