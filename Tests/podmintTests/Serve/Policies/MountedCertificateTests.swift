// SPDX-License-Identifier: Apache-2.0
import Admission
import JSON
import Policies
import Testing
import Validation

@testable import podmint

struct MountedCertificateTests {
    private func finding(
        _ report: FaultReport?, _ knowledge: SecretKnowledge = .notReadable, validation: String = "Enforce"
    ) throws -> Finding {
        let text =
            #"{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"tls": {"certificate": {"secretName": "web-tls"}}, "validation": "\#(validation)"}}"#
        let policy = try #require(TLSPolicy.read(try JSONDocument(text).root).value)
        return MountedCertificate.finding("web-tls", knowledge, report, by: policy)
    }

    private let expired = Fault(
        .expired, object: "Secret shop/web-tls", field: "data[tls.crt]", found: "it expired",
        moment: "3 days ago; server clock 2026", wanted: "one that is valid now", fix: "Renew it.")
    private let soon = Fault(
        .expiresSoon, object: "Secret shop/web-tls", field: "data[tls.crt]", found: "it expires",
        wanted: "30 days left", fix: "Renew it.")

    @Test func `a good one is mounted, and one that nobody may look at is taken for good`() throws {
        for report in [nil, FaultReport([]), FaultReport([soon])] {
            let finding = try finding(report)
            #expect(finding.standing == .yes && finding.reason == "UserCertificate")
        }
    }

    @Test func `a bad one says so by its first code, and reads the same at every look`() throws {
        let finding = try finding(FaultReport([soon, expired]))
        #expect(finding.standing == .no && finding.reason == "Expired")
        #expect(finding.message.contains("it expired") && !finding.message.contains("clock"))
    }

    @Test func `where the policy wants no check nobody looks`() throws {
        #expect(try finding(FaultReport([expired]), validation: "Off").standing == .yes)
    }

    @Test func `one of another type is mounted by nobody`() throws {
        let finding = try finding(nil, .absent)
        #expect(finding.standing == .no && finding.reason == "NotMounted")
    }
}
