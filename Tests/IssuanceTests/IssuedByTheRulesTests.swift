// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import OpenSSL
import SigningProtocol
import TestPeers
import Testing

@testable import Issuance

/// All kinds of certificates that podmint issues, before a judge that shares no code with it.
@Suite(.enabled(if: PythonTools.areWanted)) struct IssuedByTheRulesTests {
    let fixture: SigningFixture

    init() throws { fixture = try SigningFixture() }

    private struct Row {
        let title: String
        let certificate: Certificate
        let issuer: Certificate
    }

    /// The leaf that a pod under this policy gets, and each certificate above it.
    private func issued(
        _ policy: String, _ algorithm: KeyAlgorithm, names: String? = nil
    ) async throws -> [Row] {
        let pod = Pod.fixture { $0.inject(policy, names: names) }
        fixture.cluster.add(pod)
        let response = await fixture.answerOnce(
            try SigningFixture.request(
                token: fixture.cluster.token(for: pod), key: .generate(algorithm),
                fields: [("Podmint-Policy", policy)]))
        #expect(response.status == 200, "\(response.text)")
        let all = try response.certificates()
        return try zip(all, all.dropFirst() + all.suffix(1)).map { certificate, above in
            let issuer = try #require(([above] + all).first { certificate.isSigned(by: $0) })
            return Row(
                title: "\(policy) \(algorithm) \(certificate.subject)", certificate: certificate,
                issuer: issuer)
        }
    }

    private func leaves() async throws -> [Row] {
        let settings: [(String, JSONValue)] = [
            ("both", [:]), ("server", ["usages": ["server auth"]]), ("client", ["usages": ["client auth"]]),
            ("named", ["usages": ["client auth"], "commonName": "etcd-admin"]), ("brief", ["duration": "5m"]),
        ]
        var rows: [Row] = []
        for (name, certificate) in settings {
            try fixture.secrets.add(policy: name, ["certificate": certificate])
            rows += try await issued(name, .ecdsaP256)
        }
        for algorithm in KeyAlgorithm.allCases {
            rows += try await issued("both", algorithm, names: "dns:a.example.com,ip:fd00::9")
        }
        try fixture.secrets.add(
            policy: "wide",
            [
                "tls": [
                    "subjectAltNames": .array(
                        (0..<60).map { ["dns": .string("n\($0).example.com")] } + [
                            ["ip": "192.0.2.1"], ["dns": "*.web.example.com"],
                        ])
                ]
            ])
        return rows + (try await issued("wide", .ecdsaP256))
    }

    /// A policy whose pods a person's CA signs, itself below a root.
    private func underAPersonsAuthority() async throws -> [Row] {
        let root = try CertificateIssuer.selfSigned(
            commonName: "corporate root", algorithm: .ecdsaP384, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 400 * 86400)
        let key = try PrivateKey.generate(.rsa2048)
        let below = try CertificateIssuer(certificate: root.certificate, key: root.key).issueAuthority(
            commonName: "corporate issuing", for: key.publicKey, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 300 * 86400, pathLength: 0)
        fixture.secrets.addCA("custom-ca", in: "shop", (below, key), beside: root.certificate.pem)
        try fixture.secrets.add(policy: "custom", ["tls": ["certificate": ["secretName": "custom-ca"]]])
        return try await issued("custom", .ecdsaP256)
    }

    /// podmint's own serving CA, its successor, and the successor's key certified by it.
    private func serving() throws -> [Row] {
        let old = try Authority.make(.serving, at: TestClock.start)
        let new = try Authority.make(.serving, at: TestClock.start + 60)
        let cross = try CertificateIssuer(certificate: old.certificate, key: old.key).issueAuthority(
            commonName: new.certificate.commonName ?? "", for: new.certificate.publicKey,
            notBefore: new.certificate.notBefore, notAfter: new.certificate.notAfter)
        return [
            Row(title: "serving CA", certificate: old.certificate, issuer: old.certificate),
            Row(title: "its successor", certificate: new.certificate, issuer: new.certificate),
            Row(title: "cross-signed", certificate: cross, issuer: old.certificate),
        ]
    }

    @Test func `pkilint finds nothing in what podmint issues, but for what is listed`() async throws {
        let rows = try await leaves() + underAPersonsAuthority() + serving()
        #expect(Set(rows.map(\.certificate)).count > 20)
        let findings = try PKILint.findings(in: rows.map { ($0.certificate.pem, $0.issuer.pem) })
        for finding in findings where !PKILint.isExcepted(finding) {
            Issue.record("\(rows[finding.place].title): \(finding)")
        }
        // Every pod has a SPIFFE ID, so the one exception is seen, and only where it belongs.
        #expect(findings.contains(where: PKILint.isExcepted))
    }

    @Test func `pkilint would find what is wrong`() throws {
        let made = try Authority.make(at: TestClock.start)
        let stranger = try Authority.make(at: TestClock.start).certificate
        let issuer = try CertificateIssuer(certificate: made.certificate, key: made.key)
        var template = LeafTemplate(
            names: [.dns("-web..shop")], notBefore: TestClock.start, notAfter: TestClock.start + 60)
        let misnamed = try issuer.issue(template, for: PrivateKey.generate(.ecdsaP256).publicKey)
        template.names = [.dns("web.shop.svc")]
        let good = try issuer.issue(template, for: PrivateKey.generate(.ecdsaP256).publicKey)
        let findings = try PKILint.findings(in: [
            (misnamed.pem, made.certificate.pem), (good.pem, stranger.pem), (good.pem, made.certificate.pem),
        ])
        #expect(Set(findings.filter { !PKILint.isExcepted($0) }.map(\.place)) == [0, 1])
    }
}
