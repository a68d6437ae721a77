// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesAPI
import KubernetesClient
import OpenSSL
import Policies
import SigningProtocol
import Synchronization
import TestPeers
import Testing

@testable import Issuance

/// Policies from the agent's request to the certificate that it gets.
struct PolicyIssuanceTests {
    let fixture: SigningFixture

    init() throws { fixture = try SigningFixture() }

    private func ask(
        _ policy: String, names: String? = nil, in namespace: String = "shop", duration: String = "24h",
        fields: [(String, String)] = [], csr: [SubjectAlternativeName] = []
    ) async throws -> HTTPResponse {
        let pod = Pod.fixture(namespace: namespace) { $0.inject(policy, names: names, duration: duration) }
        fixture.cluster.add(pod)
        return await fixture.answerOnce(
            try SigningFixture.request(
                token: fixture.cluster.token(for: pod), key: .generate(.ecdsaP256), names: csr,
                fields: fields + [("Podmint-Policy", policy)]))
    }

    @Test func `each policy's pods get their certificate from its own CA`() async throws {
        var authorities: Set<Certificate> = []
        for namespace in ["shop", "bank", "mill"] {
            fixture.cluster.optIn(namespace)
            try fixture.secrets.add(policy: "transport", in: namespace, [:])
            let response = try await ask("transport", in: namespace)
            let certificates = try response.certificates()
            #expect(certificates[0].isSigned(by: certificates[1]))
            authorities.insert(certificates[1])
            let bundle = await fixture.endpoint.answer(
                AgentRequest(copying: HTTPRequest(method: .get, path: "/v1/bundle/\(namespace)/transport")))
            #expect(try bundle.certificates() == [certificates[1]])
        }
        #expect(authorities.count == 3 && !authorities.contains(fixture.authority.certificate))
        let unknown = HTTPRequest(method: .get, path: "/v1/bundle/other/transport")
        #expect(await fixture.endpoint.answer(AgentRequest(copying: unknown)).status == 404)
    }

    @Test func `a namespace that came back as another's does not get the former one's CA`() async throws {
        try fixture.secrets.add(policy: "transport", [:])
        let former = try await ask("transport").certificates()[1]
        // Deleted and made again by the same people in the same namespace, a policy keeps its CA.
        fixture.secrets.catalog.removePolicy(named: "transport", in: "shop")
        try fixture.secrets.add(policy: "transport", [:])
        #expect(try await ask("transport").certificates()[1] == former)
        fixture.cluster.contents.withLock { $0.namespaces["shop"]?.metadata.uid = "another" }
        let refused = try await ask("transport")
        #expect(
            refused.status == 503 && refused.text.contains("a former namespace \"shop\""), "\(refused.text)")
        #expect(refused.text.contains("delete the Secret"))
        fixture.secrets.contents.withLock { $0.own["podmint-ca-shop.transport"] = nil }
        fixture.time.advance(by: .seconds(6))
        #expect(try await ask("transport").certificates()[1] != former)
    }

    @Test func `a CA that podmint is not let make is told with the reason, and keeps no other away`()
        async throws
    {
        try fixture.secrets.add(policy: "transport", [:])
        try fixture.secrets.add(policy: "other", [:])
        _ = try await ask("other")
        fixture.secrets.contents.withLock {
            $0.own["podmint-ca-default"] = nil
            $0.refusal = "secrets is forbidden"
        }
        let refused = try await ask("transport")
        #expect(refused.status == 503 && refused.text.contains("secrets is forbidden"), "\(refused.text)")
        await #expect {
            try await fixture.authorities.prepare(fixture.authorities.plan(for: .standard, in: ""))
        } throws: { error in
            (error as? Refusal)?.code == .authorityUnusable
                && "\(error)".contains("secrets is forbidden")
        }
        #expect(try await ask("other").status == 200)
    }

    @Test func `a namespace that is not known yet is asked about again`() async throws {
        try fixture.secrets.add(policy: "transport", [:])
        let pod = Pod.fixture { $0.inject("transport") }
        fixture.cluster.add(pod)
        let bundle = HTTPRequest(method: .get, path: "/v1/bundle/shop/transport")
        let shop = fixture.cluster.contents.withLock { $0.namespaces.removeValue(forKey: "shop") }
        #expect(await fixture.endpoint.answer(AgentRequest(copying: bundle)).status == 503)
        fixture.cluster.contents.withLock { $0.namespaces["shop"] = shop }
        #expect(await fixture.endpoint.answer(AgentRequest(copying: bundle)).status == 200)
    }

    @Test func `the policy's names, usages, common name and life are in the certificate`() async throws {
        try fixture.secrets.add(
            policy: "transport",
            [
                "tls": ["subjectAltNames": [["dns": "hulk.example.com"], ["ip": "1.2.3.4"]]],
                "certificate": ["usages": ["client auth"], "commonName": "${POD_NAME}", "duration": "1h"],
            ])
        let leaf = try await ask("transport", names: "dns:more.example.com").certificates()[0]
        for name in ["hulk.example.com", "1.2.3.4", "more.example.com", "web-0.web"] {
            #expect(leaf.subjectAlternativeNames.contains { $0.text == name }, "\(name)")
        }
        #expect(leaf.extendedKeyUsages == [.clientAuth] && leaf.commonName == "web-0")
        #expect(leaf.notAfter == TestClock.start + 3600)
    }

    @Test func `an intermediate of a person's goes into the chain`() async throws {
        let root = try CertificateIssuer.selfSigned(
            commonName: "root", algorithm: .ecdsaP256, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 86_400)
        let key = try PrivateKey.generate(.ecdsaP384)
        let intermediate = try CertificateIssuer(certificate: root.certificate, key: root.key).issueAuthority(
            commonName: "intermediate", for: key.publicKey, notBefore: TestClock.start - 60,
            notAfter: TestClock.start + 86_400, pathLength: 0)
        fixture.secrets.addCA("custom-ca", in: "shop", (intermediate, key), beside: root.certificate.pem)
        try fixture.secrets.add(policy: "transport", ["tls": ["certificate": ["secretName": "custom-ca"]]])
        let response = try await ask("transport")
        #expect(response["podmint-chain-length"] == "2", "\(response.text)")
        #expect(Array(try response.certificates().dropFirst()) == [intermediate, root.certificate])
    }

    @Test func `more CAs to trust come into the bundle, and what is missing there holds up nobody`()
        async throws
    {
        let extra = try Authority.make(name: "extra", at: TestClock.start).certificate
        try fixture.secrets.add(
            policy: "transport", ["tls": ["certificateAuthorities": ["configMapName": "trust"]]])
        #expect(try await ask("transport").certificates().count == 2)
        fixture.secrets.contents.withLock { $0.trust["shop/configMap(\"trust\")"] = extra.pem }
        fixture.time.advance(by: .seconds(31))
        #expect(try await ask("transport").certificates().last == extra)
    }

    @Test func `a policy that is gone, broken, or issues nothing is told as such`() async throws {
        #expect(try await ask("gone").text.contains("there is no TLSPolicy \"gone\""))
        try fixture.secrets.add(policy: "broken", ["authority": ["vault": ["server": "x"]]])
        #expect(try await ask("broken").text.contains("TLSPolicy shop/broken cannot be used: spec.authority"))
        try fixture.secrets.add(policy: "external", ["tls": ["selfSignedCertificates": ["disabled": true]]])
        #expect(try await ask("external").text.contains("somebody else issues"))
        try fixture.secrets.add(policy: "lost", ["authority": ["clusterAuthority": ["name": "lost"]]])
        #expect(try await ask("lost").text.contains("there is no ClusterAuthority \"lost\""))
        #expect(fixture.events.happenings.filter { $0.reason == "PolicyUnusable" }.count == 4)
    }

    @Test func `a CA in memory is made known before it signs`() async throws {
        try fixture.secrets.add(policy: "transport", ["authority": ["selfSigned": ["keyStorage": "Memory"]]])
        let other = try Authority.make(name: "other", at: TestClock.start).certificate
        fixture.secrets.contents.withLock {
            $0.replicas["podmint-ca-shop.transport"] = ["b.crt": other.pem, "b.seen": "\(TestClock.start)"]
        }
        let early = try await ask("transport")
        #expect(early.status == 503 && early.text.contains("made known to all pods"))
        fixture.time.advance(by: .seconds(ReplicaAuthority.settling))
        let certificates = try await ask("transport").certificates()
        #expect(certificates.count == 3 && certificates.last == other && !certificates[0].isSigned(by: other))
    }

    // MARK: - What a tenant cannot get, each through a policy or annotations and through a hand-made CSR

    private func expectDenied(
        _ response: HTTPResponse, _ text: String, _ code: String = "ForbiddenName",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == 403, "\(response.text)", sourceLocation: sourceLocation)
        #expect(response.text.contains(text), "\(response.text)", sourceLocation: sourceLocation)
        #expect(
            fixture.auditSink.entries.allSatisfy { $0["verdict"]?.string == "denied" },
            sourceLocation: sourceLocation)
        #expect(
            fixture.events.happenings.contains { $0.reason == code && $0.message.contains(text) },
            sourceLocation: sourceLocation)
    }

    static let foreign = [
        ("dns:billing.bank.svc", "belongs to namespace \"bank\""),
        ("uri:spiffe://cluster.local/ns/shop/sa/admin", "is a SPIFFE ID"),
    ]

    @Test(arguments: foreign) func `names of other namespaces and identities of other accounts`(
        name: String, rule: String
    ) async throws {
        let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
        for authority: JSONValue in [["selfSigned": [:]], ["clusterAuthority": ["name": "default"]]] {
            let sans: JSONValue = ["subjectAltNames": [[parts[0]: .string(parts[1])]]]
            try fixture.secrets.add(policy: "transport", ["authority": authority, "tls": sans])
            expectDenied(try await ask("transport"), rule)
            try fixture.secrets.add(policy: "transport", ["authority": authority])
            expectDenied(try await ask("transport", names: name), rule)
            let asked: SubjectAlternativeName = parts[0] == "dns" ? .dns(parts[1]) : .uri(parts[1])
            expectDenied(try await ask("transport", csr: [asked]), parts[1])
        }
    }

    @Test func `a CA of another namespace's Secret`() async throws {
        fixture.secrets.addCA("bank-ca", in: "bank", try Authority.make(name: "bank", at: TestClock.start))
        for name in ["bank/bank-ca", "../bank/bank-ca", "bank%2fbank-ca"] {
            try fixture.secrets.add(
                policy: "transport", ["tls": ["certificate": ["secretName": .string(name)]]])
            let response = try await ask("transport")
            #expect(response.status == 403 && response.text.contains("cannot be used"), "\(response.text)")
        }
        try fixture.secrets.add(policy: "transport", ["tls": ["certificate": ["secretName": "bank-ca"]]])
        let response = try await ask("transport")
        #expect(response.status == 503)
        #expect(
            response.text.contains("there is no Secret \"bank-ca\" in namespace \"shop\""), "\(response.text)"
        )
    }

    @Test func `a longer life than the policy, a rule or the authority grant`() async throws {
        let long = [("Podmint-Duration", "2184h")]
        try fixture.secrets.add(policy: "transport", ["certificate": ["duration": "2h"]])
        let byPolicy = try await ask("transport", duration: "2184h", fields: long).certificates()[0]
        #expect(byPolicy.notAfter == TestClock.start + 7200)
        try fixture.secrets.add(
            clusterAuthority: "default", ["allow": [["namespaces": ["*"], "maxDuration": "1h"]]])
        let byRule = try await ask("default", duration: "2184h", fields: long).certificates()[0]
        #expect(byRule.notAfter == TestClock.start + 3600)
        try fixture.secrets.add(
            policy: "short",
            ["authority": ["selfSigned": ["duration": "1h"]], "certificate": ["duration": "2184h"]])
        let byAuthority = try await ask("short", duration: "2184h", fields: long).certificates()[0]
        #expect(byAuthority.notAfter == TestClock.start + 3600)
    }

    /// The request by hand asks for CA:TRUE and keyCertSign, as `openssl req` writes them.
    @Test func `a CA certificate`() async throws {
        try fixture.secrets.add(policy: "transport", [:])
        fixture.cluster.add(.fixture { $0.inject("transport") })
        let request = try ForeignProgram.openSSL.run(
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "key.pem", "-subj", "/CN=evil", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                "keyUsage=critical,keyCertSign,cRLSign", "-outform", "DER",
            ], in: TemporaryFolder())
        let response = try await fixture.serving {
            let token = fixture.cluster.token(for: .fixture())
            return await fixture.endpoint.answer(
                try SigningFixture.request(
                    token: token, key: .generate(.ecdsaP256), fields: [("Podmint-Policy", "transport")],
                    body: request))
        }
        let leaf = try response.certificates()[0]
        #expect(!leaf.isCA && leaf.keyUsage == [.digitalSignature] && !leaf.hasSubject)
    }

    @Test func `a name that the CA's own constraints exclude`() async throws {
        let folder = try TemporaryFolder()
        let text = try ForeignProgram.openSSL.run(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                "key.pem", "-subj", "/CN=narrow", "-days", "9999", "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", "-addext",
                "nameConstraints=critical,excluded;DNS:example.com",
            ], in: folder)
        let key = try folder.read("key.pem")
        let certificate = try #require(try PEM.certificates(in: text, limits: .chain).first)
        fixture.time.advance(by: .seconds(max(0, certificate.notBefore - TestClock.start + 60)))
        let pem = SecretBytes(copying: key.span.bytes)
        fixture.secrets.addCA("custom-ca", in: "shop", (certificate, try PrivateKey(pem: pem)))
        try fixture.secrets.add(policy: "transport", ["tls": ["certificate": ["secretName": "custom-ca"]]])
        let response = try await ask("transport", names: "dns:a.example.com")
        #expect(response.status == 403 && response.text.contains("may not vouch"), "\(response.text)")
    }
}
