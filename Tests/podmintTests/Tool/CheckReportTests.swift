// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import JSON
import KubernetesAPI
import OpenSSL
import Testing
import Validation
import YAML

@testable import podmint

struct CheckReportTests {
    static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    static func secret(days: Int64) throws -> JSONValue {
        let made = try CertificateIssuer.selfSigned(
            commonName: "web", algorithm: .ecdsaP256, notBefore: now.secondsSinceEpoch - 400 * 86_400,
            notAfter: now.secondsSinceEpoch + days * 86_400)
        return [
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": ["name": "web-tls", "namespace": "shop"],
            "stringData": [
                "tls.crt": .string(made.certificate.pem),
                "tls.key": .string(made.key.withPEM { String(decoding: $0, as: UTF8.self) }),
            ],
        ]
    }

    func report(_ values: JSONValue...) throws -> CheckReport {
        try CheckReport(
            checking: values.map { ManifestFiles.Document(source: "x.yaml", object: $0) }, at: Self.now)
    }

    @Test func `a good Secret is told as good`() throws {
        let report = try report(Self.secret(days: 300))
        #expect(report.isValid)
        #expect(report.rendered(as: .text) == "Secret shop/web-tls: good\n")
        #expect(try JSONValue(parsing: report.rendered(as: .json)) == ["valid": true, "faults": []])
    }

    @Test func `a bad one comes with code, field and fix in every format`() throws {
        let report = try report(Self.secret(days: -3))
        #expect(!report.isValid)
        #expect(report.rendered(as: .text).contains("[Expired]"))
        let fromJSON = try JSONValue(parsing: report.rendered(as: .json))
        #expect(fromJSON["valid"] == false)
        let fault = try #require(fromJSON["faults"]?[0])
        #expect(
            fault["code"] == "Expired" && fault["severity"] == "error"
                && fault["field"] == "stringData[tls.crt]")
        #expect(fault["object"] == "Secret shop/web-tls")
        for key in ["found", "wanted", "fix"] { #expect(fault[key]?.string?.isEmpty == false) }
        #expect(try YAMLDocuments.parse(report.rendered(as: .yaml)) == [fromJSON])
    }

    @Test func `what this version does not check is named`() throws {
        let report = try report(
            ["kind": "Deployment", "metadata": ["name": "web"]],
            ["kind": "TLSPolicy", "apiVersion": "kuadrant.io/v1", "metadata": ["name": "p"]],
            ["kind": "Secret", "type": "Opaque", "metadata": ["name": "s"], "data": [:]])
        #expect(report.isValid)
        #expect(report.notes.count == 3)
        #expect(report.rendered(as: .text).contains("Deployment web: nothing to check in this version"))
    }

    @Test func `policies are read as the server reads them, every fault at once`() throws {
        let good = try report(
            [
                "kind": "TLSPolicy", "apiVersion": "podmint.dev/v1alpha1", "metadata": ["name": "p"],
                "spec": [:],
            ])
        #expect(good.rendered(as: .text) == "TLSPolicy p: good\n")
        let bad = try report(
            [
                "kind": "TLSPolicy", "apiVersion": "podmint.dev/v1alpha1",
                "metadata": ["name": "p", "namespace": "shop"],
                "spec": ["enrollment": "Pull", "certificate": ["duration": "1d"]],
            ],
            [
                "kind": "ClusterAuthority", "apiVersion": "podmint.dev/v1", "metadata": ["name": "a.b"],
                "spec": [:],
            ])
        #expect(
            bad.faults.map { "\($0.object) \($0.field) \($0.code.rawValue)" } == [
                "TLSPolicy shop/p spec.enrollment NotInThisVersion",
                "TLSPolicy shop/p spec.certificate.duration InvalidField",
                "ClusterAuthority a.b apiVersion InvalidField",
                "ClusterAuthority a.b metadata.name InvalidField",
            ])
    }

    @Test func `something that is no object is a failure`() {
        #expect(throws: ToolFailure.self) { try report(["metadata": ["name": "x"]]) }
    }

    @Test func `a command line without files is used wrongly`() throws {
        #expect(throws: (any Error).self) { try CheckCommand.parse([]) }
        #expect(try CheckCommand.parse(["-f", "a", "b", "-o", "json"]).files == ["a", "b"])
        #expect(try CheckCommand.parse(["-f", "a", "-f", "-"]).files == ["a", "-"])
    }
}
