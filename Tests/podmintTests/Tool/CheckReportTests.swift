// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Injection
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

    @Test func `a Secret is judged as strictly as a policy or namespace among the files says`() throws {
        let secret = try Self.secret(days: -3)
        func policy(_ validation: String, of name: String = "web-tls") -> JSONValue {
            [
                "apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy",
                "metadata": ["name": "web", "namespace": "shop"],
                "spec": [
                    "tls": ["certificate": ["secretName": .string(name)]], "validation": .string(validation),
                ],
            ]
        }
        for validation in ["Warn", "Off"] {
            for report in try [report(secret, policy(validation)), report(policy(validation), secret)] {
                #expect(report.isValid && report.faults.map(\.code).contains(.expired))
            }
        }
        #expect(try !report(secret, policy("Enforce")).isValid)
        #expect(try !report(secret, policy("Warn", of: "other")).isValid)
        let space: JSONValue = [
            "kind": "Namespace", "metadata": ["name": "shop", "labels": ["podmint.dev/validation": "Warn"]],
        ]
        #expect(try report(secret, space).isValid)
        #expect(try !report(secret, space, policy("Enforce")).isValid)
    }

    @Test func `what this version does not check is named`() throws {
        let report = try report(
            ["kind": "Deployment", "metadata": ["name": "web"]],
            ["kind": "TLSPolicy", "apiVersion": "kuadrant.io/v1", "metadata": ["name": "p"]],
            ["kind": "Secret", "type": "Opaque", "metadata": ["name": "s"], "data": [:]])
        #expect(report.isValid)
        #expect(report.notes.count == 3)
        #expect(
            report.rendered(as: .text).contains(
                "Deployment web: nothing to check (it has no podmint.dev annotation)"))
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
        #expect(throws: (any Error).self) { try CheckCommand.parse(["secret"]) }
        #expect(throws: (any Error).self) { try CheckCommand.parse(["secret", "x", "-f", "a"]) }
        #expect(try CheckCommand.parse(["secret", "x", "-n", "shop"]).cluster.namespace == "shop")
        let elsewhere = try CheckCommand.parse(["secret", "x", "--kubeconfig", "k", "--context", "c"]).cluster
        #expect(elsewhere.kubeconfig == "k" && elsewhere.context == "c")
        #expect(try CheckCommand.parse(["-f", "a", "b", "-o", "json"]).files == ["a", "b"])
        #expect(try CheckCommand.parse(["-f", "a", "-f", "-"]).files == ["a", "-"])
    }
}

struct WorkloadCheckTests {
    static func deployment(_ annotations: JSONValue) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "shop"],
            "spec": [
                "template": [
                    "metadata": ["labels": ["app": "web"], "annotations": annotations],
                    "spec": ["containers": [["name": "app", "image": "a"]]],
                ]
            ],
        ]
    }

    func report(_ values: JSONValue...) throws -> CheckReport {
        try CheckReport(
            checking: values.map { ManifestFiles.Document(source: "x.yaml", object: $0) },
            at: CheckReportTests.now)
    }

    @Test func `a template's faults are told with code, field and fix`() throws {
        let report = try report(
            Self.deployment(["podmint.dev/inject": "true", "podmint.dev/durations": "24h"]))
        #expect(!report.isValid)
        let fault = try #require(report.faults.first)
        #expect(fault.code == .unknownAnnotation && fault.object == "Deployment shop/web")
        #expect(fault.field == "spec.template.metadata.annotations[podmint.dev/durations]")
        #expect(fault.fix == "Did you mean podmint.dev/duration?")
        #expect(
            try self.report(Self.deployment(["podmint.dev/inject": "true"])).good == [
                "Deployment shop/web: good"
            ])
    }

    @Test func `a Deployment is held against the Service and the Secret beside it`() throws {
        let service: JSONValue = [
            "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "shop"],
            "spec": ["selector": ["app": "web"]],
        ]
        let marks: JSONValue = ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"]
        let report = try report(CheckReportTests.secret(days: 300), service, Self.deployment(marks))
        // The Secret's certificate has no names at all.
        #expect(
            report.faults.contains {
                $0.code == .commonNameOnly && $0.severity == .error && $0.wanted.contains("web.shop.svc")
            })
        let alone = try self.report(Self.deployment(marks))
        #expect(
            alone.notes.contains {
                $0.contains("Secret shop/web-tls") && $0.contains("not among these files")
            })
    }

    static func policy(_ name: String, _ spec: JSONValue = [:]) -> JSONValue {
        [
            "apiVersion": "podmint.dev/v1alpha1", "kind": "TLSPolicy",
            "metadata": ["name": .string(name), "namespace": "shop"], "spec": spec,
        ]
    }

    @Test func `a policy among the files is known, in any order; one that is not is warned about`() throws {
        let named = Self.deployment(["podmint.dev/inject": "true", "podmint.dev/policy": "web"])
        #expect(try report(named, Self.policy("web")).faults == [])
        let unknown = try report(named, Self.policy("wob"))
        #expect(unknown.isValid)
        let fault = try #require(unknown.faults.first)
        #expect(fault.code == .unknownPolicy && fault.severity == .warning)
        #expect(fault.found.hasSuffix("has no such TLSPolicy among these files"))
        #expect(fault.fix == "Did you mean wob?")
        // A faulty one is known to refuse its pods.
        let faulty = try report(Self.policy("web", ["enrollment": "Pull"]), named)
        #expect(faulty.faults.map(\.code) == [.notInThisVersion, .unusablePolicy])
    }

    @Test func `what a policy names and the files have not is warned about`() throws {
        let spec: JSONValue = [
            "tls": [
                "certificate": ["secretName": "web-tls"],
                "certificateAuthorities": ["configMapName": "trust"],
            ]
        ]
        let alone = try report(Self.policy("web", spec))
        #expect(alone.isValid)
        #expect(
            alone.faults.map(\.found) == [
                "there is no Secret shop/web-tls among these files",
                "there is no ConfigMap shop/trust among these files",
            ])
        let trust: JSONValue = ["kind": "ConfigMap", "metadata": ["name": "trust", "namespace": "shop"]]
        let whole = try report(Self.policy("web", spec), CheckReportTests.secret(days: 300), trust)
        #expect(whole.faults == [])
        // kubectl would fill in the namespace.
        var bare = Self.policy("web", ["authority": ["clusterAuthority": ["name": "corp"]]])
        bare["metadata"] = ["name": "web"]
        #expect(try report(bare).faults.map(\.object) == ["TLSPolicy web"])
        let corp: JSONValue = [
            "apiVersion": "podmint.dev/v1alpha1", "kind": "ClusterAuthority", "metadata": ["name": "corp"],
            "spec": [:],
        ]
        #expect(try report(bare, corp).faults.map(\.code).contains(.missingReference) == false)
    }

    @Test func `a template without an annotation is held against the policy that selects it`() throws {
        let space: JSONValue = [
            "kind": "Namespace",
            "metadata": ["name": "shop", "labels": ["podmint.dev/injection": "policies"]],
        ]
        let policy = Self.policy(
            "web",
            [
                "selector": ["matchLabels": ["app": "web"]],
                "tls": [
                    "certificate": ["secretName": "web-tls"], "subjectAltNames": [["dns": "web.example.com"]],
                ],
            ])
        var secret = try CheckReportTests.secret(days: 300)
        secret["type"] = "Opaque"
        let report = try report(space, policy, secret, Self.deployment([:]))
        let nameless = FaultReport(report.faults).errors.filter { $0.code == .commonNameOnly }
        #expect(nameless.map(\.wanted) == ["the names web.example.com"])
    }

    /// Two workloads, so that a fault of their Secret is found three times.
    @Test func `a fault of a Secret that workloads use is told once, as strictly as admission takes it`()
        throws
    {
        let space: JSONValue = [
            "kind": "Namespace",
            "metadata": ["name": "shop", "labels": ["podmint.dev/injection": "policies"]],
        ]
        let secret = try CheckReportTests.secret(days: -3)
        func expired(_ validation: String, _ annotations: JSONValue) throws -> [String] {
            let policy = Self.policy(
                "web",
                [
                    "selector": ["matchLabels": ["app": "web"]], "validation": .string(validation),
                    "tls": ["certificate": ["secretName": "web-tls"]],
                ])
            let (one, other) = (Self.deployment([:]), Self.deployment(annotations))
            return try [
                report(space, policy, secret, one, other), report(one, other, secret, policy, space),
            ].map { report in
                #expect(!report.good.contains { $0.hasPrefix("Secret") })
                let told = report.faults.filter { $0.code == .expired }.map(\.severity.rawValue)
                return "\(report.isValid ? "valid" : "invalid"): \(told.joined(separator: ", "))"
            }
        }
        #expect(try expired("Warn", [:]) == ["valid: warning", "valid: warning"])
        #expect(try expired("Enforce", [:]) == ["invalid: error", "invalid: error"])
        // The policy says nothing of what a pod names by itself.
        let named: JSONValue = ["podmint.dev/inject": "true", "podmint.dev/secret": "web-tls"]
        #expect(try expired("Warn", named) == ["invalid: error", "invalid: error"])
    }

    @Test func `what injection refuses has a code here too`() {
        for code in Refusal.Code.allCases { #expect(FaultCode(rawValue: code.rawValue) != nil, "\(code)") }
    }
}
