// SPDX-License-Identifier: Apache-2.0
import Admission
import Injection
import JSON
import KubernetesAPI
import Policies
import Testing
import Validation

@testable import podmint

struct MountedCertificateTests {
    /// Of one Secret, and of pods where they are known.
    private struct Facts: CertificateFacts {
        let secret: SecretKnowledge
        var knowsPods = true

        func secret(_ name: String, in namespace: String) -> SecretKnowledge { secret }
        func users(ofSecret name: String, in namespace: String) -> [PodUse]? { knowsPods ? [] : nil }
        func services(in namespace: String) -> [Service]? { [] }
        func policies(in namespace: String) -> [TLSPolicy]? { [] }
    }

    private func known() throws -> SecretKnowledge {
        let object = try JSONDocument(
            #"{"metadata": {"name": "web-tls", "namespace": "shop"}, "type": "kubernetes.io/tls", "data": {"tls.crt": "", "tls.key": ""}}"#
        )
        return .known(try #require(CertificateSecret(object.root)))
    }

    private func finding(
        _ report: FaultReport?, _ facts: Facts, validation: String = "Enforce"
    ) throws -> Finding? {
        let text =
            #"{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"tls": {"certificate": {"secretName": "web-tls"}}, "validation": "\#(validation)"}}"#
        let policy = try #require(TLSPolicy.read(try JSONDocument(text).root).value)
        return MountedCertificate(secret: "web-tls", policy: policy, facts: facts).finding { _ in report }
    }

    private let expired = Fault(
        .expired, object: "Secret shop/web-tls", field: "data[tls.crt]", found: "it expired",
        moment: "3 days ago; server clock 2026", wanted: "one that is valid now", fix: "Renew it.")
    private let soon = Fault(
        .expiresSoon, object: "Secret shop/web-tls", field: "data[tls.crt]", found: "it expires",
        wanted: "30 days left", fix: "Renew it.")

    @Test func `a good one is mounted, and one that nobody may look at is taken for good`() throws {
        for report in [nil, FaultReport([]), FaultReport([soon])] {
            let finding = try finding(report, Facts(secret: known()))
            #expect(finding?.standing == .yes && finding?.reason == "UserCertificate")
        }
        #expect(try finding(FaultReport([expired]), Facts(secret: .notReadable))?.standing == .yes)
    }

    @Test func `a bad one says so by its first code, and reads the same at every look`() throws {
        let finding = try #require(try finding(FaultReport([soon, expired]), Facts(secret: known())))
        #expect(finding.standing == .no && finding.reason == "Expired")
        #expect(finding.message.contains("it expired") && !finding.message.contains("clock"))
    }

    /// A leader that has just started would tell of a bad one twice.
    @Test func `nothing is said while it or its pods are not known`() throws {
        #expect(try finding(FaultReport([expired]), Facts(secret: .notYetRead)) == nil)
        #expect(try finding(nil, Facts(secret: known(), knowsPods: false)) == nil)
    }

    @Test func `where the policy wants no check nobody looks`() throws {
        #expect(
            try finding(FaultReport([expired]), Facts(secret: known()), validation: "Off")?.standing == .yes)
    }

    /// Secrets of every type that may hold a certificate are followed.
    @Test func `nothing is said of one that was read and that the watch does not have, whatever its type`()
        throws
    {
        #expect(try finding(FaultReport([expired]), Facts(secret: .absent)) == nil)
    }
}
