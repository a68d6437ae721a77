// SPDX-License-Identifier: Apache-2.0
import JSON
import SigningProtocol
import Testing
import Validation

@testable import Policies

@Suite struct TLSPolicyTests {
    private func read(_ spec: String, name: String = "web") throws -> PolicyReading<TLSPolicy> {
        let text = #"{"metadata": {"name": "\#(name)", "namespace": "shop"}, "spec": \#(spec)}"#
        return TLSPolicy.read(try JSONDocument(text).root)
    }

    @Test func `an empty spec is the default: a CA of its own and a day`() throws {
        let policy = try #require(try read("{}").value)
        #expect(policy.source == .authority(.selfSigned(SelfSignedAuthority())))
        #expect(policy.certificate.lifetime.text == "24h")
        #expect(policy.selector == nil)
        #expect(policy.ownAuthorityName == "shop.web")
    }

    @Test func `takes the block that DESIGN shows`() throws {
        let policy = try #require(
            try read(
                #"""
                {"selector": {"matchLabels": {"elasticsearch.k8s.elastic.co/cluster-name": "quickstart"}},
                 "tls": {"certificate": {"secretName": "custom-ca"},
                   "subjectAltNames": [{"ip": "1.2.3.4"}, {"dns": "hulk.example.com"}, {"dns": "${POD_NAME}.es.${POD_NAMESPACE}.svc"}],
                   "certificateAuthorities": {"configMapName": "trust"}},
                 "enrollment": "Push",
                 "certificate": {"duration": "24h", "renewBefore": "8h", "usages": ["server auth"], "keyAlgorithm": "ECDSA-P384"},
                 "mount": {"path": "/etc/certs", "files": {"certificate": "a.crt", "key": "a.key", "ca": "a-ca.crt"},
                           "keystorePasswordSecret": {"name": "stores", "key": "password"}},
                 "validation": "Warn"}
                """#
            ).value)
        #expect(policy.source == .secret("custom-ca"))
        #expect(
            policy.tls.subjectAltNames.map(\.text)
                == ["ip:1.2.3.4", "dns:hulk.example.com", "dns:${POD_NAME}.es.${POD_NAMESPACE}.svc"])
        #expect(policy.tls.certificateAuthorities == .configMap("trust"))
        #expect(policy.certificate.usages == [.server])
        #expect(policy.certificate.renewBefore == 28_800)
        #expect(policy.mount.files.all == ["a.crt", "a.key", "a-ca.crt", "tls.pem"])
        #expect(policy.mount.keystorePassword == SecretEntry(name: "stores", key: "password"))
        #expect(policy.validation == .warn)
    }

    @Test(arguments: [
        (#"{"enrollment": "Pull"}"#, "spec.enrollment", FaultCode.notInThisVersion),
        (#"{"enrollment": "push"}"#, "spec.enrollment", .invalidField),
        (#"{"authority": {"vault": {}}}"#, "spec.authority.vault", .notInThisVersion),
        (#"{"authority": {}}"#, "spec.authority", .invalidField),
        (
            #"{"authority": {"selfSigned": {}, "clusterAuthority": {"name": "a"}}}"#, "spec.authority",
            .invalidField
        ),
        (
            #"{"authority": {"selfSigned": {"keyStorage": "PKCS11"}}}"#,
            "spec.authority.selfSigned.keyStorage", .notInThisVersion
        ),
        (
            #"{"authority": {"selfSigned": {"duration": "1m"}}}"#, "spec.authority.selfSigned.duration",
            .invalidField
        ),
        (#"{"authority": {"clusterAuthority": {}}}"#, "spec.authority.clusterAuthority.name", .invalidField),
        (
            #"{"authority": {"selfSigned": {}}, "tls": {"certificate": {"secretName": "a"}}}"#,
            "spec.authority", .invalidField
        ),
        (
            #"{"tls": {"subjectAltNames": [{"dns": "ok.example"}, {"dns": "bücher.example"}]}}"#,
            "spec.tls.subjectAltNames[1].dns", .invalidField
        ),
        (
            #"{"tls": {"subjectAltNames": [{"dns": "${POD}.example"}]}}"#, "spec.tls.subjectAltNames[0].dns",
            .invalidField
        ),
        (
            #"{"tls": {"subjectAltNames": [{"ip": "1.2.3"}]}}"#, "spec.tls.subjectAltNames[0].ip",
            .invalidField
        ),
        (#"{"tls": {"certificateAuthorities": {}}}"#, "spec.tls.certificateAuthorities", .invalidField),
        (#"{"tls": {"certificates": {}}}"#, "spec.tls.certificates", .unknownField),
        (#"{"certificate": {"duration": "1s"}}"#, "spec.certificate.duration", .invalidField),
        (#"{"certificate": {"renewBefore": "24h"}}"#, "spec.certificate.renewBefore", .invalidField),
        (#"{"certificate": {"usages": []}}"#, "spec.certificate.usages", .invalidField),
        (#"{"certificate": {"usages": ["any"]}}"#, "spec.certificate.usages[0]", .invalidField),
        (#"{"mount": {"files": {"key": "tls.crt"}}}"#, "spec.mount.files", .invalidField),
        (#"{"mount": {"files": {"ca": "truststore.p12"}}}"#, "spec.mount.files", .invalidField),
        (
            #"{"mount": {"keystorePasswordSecret": {"name": "a"}}}"#, "spec.mount.keystorePasswordSecret.key",
            .invalidField
        ),
        (
            #"{"mount": {"keystorePasswordSecret": {"name": "a", "key": "a/b"}}}"#,
            "spec.mount.keystorePasswordSecret.key", .invalidField
        ),
        (#"{"mount": {"files": {"key": "../key"}}}"#, "spec.mount.files.key", .invalidField),
        (
            #"{"selector": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}"#, "spec.selector",
            .invalidField
        ),
        (#"{"validation": "Maybe"}"#, "spec.validation", .invalidField),
        (
            #"{"tls": {"otherNameSuffix": "node.es.local"}}"#, "spec.tls.otherNameSuffix", .notInThisVersion
        ),
        (#"{"tls": {"subjectAltNames": [{}]}}"#, "spec.tls.subjectAltNames[0]", .invalidField),
        (#"{"service": {}}"#, "spec.service", .notInThisVersion),
        (#""text""#, "spec", .invalidField),
    ])
    func `names the field that is wrong`(spec: String, field: String, code: FaultCode) throws {
        let reading = try read(spec)
        #expect(reading.value == nil)
        #expect(reading.faults.map(\.field) == [field])
        #expect(reading.faults.map(\.code) == [code])
        #expect(reading.faults.allSatisfy { $0.object == "TLSPolicy shop/web" })
    }

    /// Elastic's Go type takes both in one element, so a block that is pasted in may have them.
    @Test func `an element of the names may bring one of each kind`() throws {
        let policy = try #require(
            try read(#"{"tls": {"subjectAltNames": [{"ip": "1.2.3.4", "dns": "hulk.example.com"}]}}"#).value)
        #expect(policy.tls.subjectAltNames.map(\.text) == ["dns:hulk.example.com", "ip:1.2.3.4"])
    }

    @Test(arguments: ["token", "Web", "a.b", String(repeating: "a", count: 56)])
    func `refuses names that make no volume`(name: String) throws {
        #expect(try read("{}", name: name).faults.map(\.field) == ["metadata.name"])
    }

    @Test func `every fault is told at once, with what was probably meant`() throws {
        let reading = try read(#"{"validation": "enforce", "certificat": {}, "csi": {}}"#)
        #expect(Set(reading.faults.map(\.field)) == ["spec.validation", "spec.certificat", "spec.csi"])
        #expect(reading.faults.contains { $0.fix == "Did you mean certificate?" })
        #expect(reading.faults.contains { $0.fix == "Write Enforce" })
    }
}
