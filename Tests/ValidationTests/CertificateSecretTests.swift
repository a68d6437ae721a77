// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Validation

struct CertificateSecretTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    /// What a cache says must be what admission said when it saw the whole Secret.
    func compare(
        _ entries: [String: String], _ expectation: Validation.Expectation = Validation.Expectation(),
        type: String = "kubernetes.io/tls"
    ) throws -> [FaultCode] {
        let document = try Fixture.secret(entries, type: type)
        var material = SecretMaterial(of: document.root)
        material.expectation = expectation
        let whole = SecretValidator.validate(material, at: Fixture.now).faults
        let kept = try #require(CertificateSecret(document.root)).report(expectation, at: Fixture.now).faults
        #expect(Set(kept) == Set(whole))
        #expect(kept.count == whole.count)
        return whole.map(\.code)
    }

    @Test func `a cache judges as admission does, good and bad`() throws {
        let (key, root) = (fixture.keyText, fixture.root.certificate.pem)
        let good = ["tls.crt": fixture.chain, "tls.key": key, "ca.crt": root]
        #expect(try compare(good) == [])
        let other = Fixture.text(try PrivateKey.generate(.ecdsaP256))
        #expect(try compare(good.merging(["tls.key": other]) { $1 }) == [.keyMismatch])
        #expect(try compare(good.merging(["tls.crt": fixture.leaf.pem]) { $1 }).contains(.chainIncomplete))
        #expect(try compare(["tls.crt": fixture.chain, "tls.key": ""]) == [.missingKey])
        #expect(
            try compare([
                "tls.crt": fixture.chain + "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
                "tls.key": key,
            ]) == [.malformedPEM])
        #expect(try compare(good.merging(["ca.key": key]) { $1 }).contains(.ambiguousSecret))
        #expect(try compare(["tls.crt": fixture.chain, "tls.key": "no key"]) == [.malformedPEM])
        let wanted = Validation.Expectation(
            names: [try #require(WantedName(parsing: "a.b.c"))], usage: .server)
        #expect(try compare(good, wanted).contains(.sanMissing))
        #expect(try compare(["ca.crt": root, "ca.key": other], type: "Opaque") == [.keyMismatch])
    }

    @Test func `the leaf is the key's own, wherever it stands`() throws {
        let text = fixture.intermediate.certificate.pem + fixture.leaf.pem
        #expect(try compare(["tls.crt": text, "tls.key": fixture.keyText]) == [.chainOrder])
    }

    @Test func `an authority is judged by the certificate that its key belongs to, wherever it stands`()
        throws
    {
        let made = try CertificateIssuer.selfSigned(
            commonName: "Ended", algorithm: .ecdsaP256,
            notBefore: Fixture.now.secondsSinceEpoch - 20 * Fixture.day,
            notAfter: Fixture.now.secondsSinceEpoch - Fixture.day)
        let (root, ended) = (fixture.root.certificate.pem, made.certificate.pem)
        #expect(
            try compare(["ca.crt": root + ended, "ca.key": Fixture.text(made.key)], type: "Opaque") == [
                .expired
            ])
        let live = try CertificateIssuer.selfSigned(
            commonName: "Live", algorithm: .ecdsaP256, notBefore: Fixture.now.secondsSinceEpoch - 60,
            notAfter: Fixture.now.secondsSinceEpoch + 300 * Fixture.day)
        // An old root beside the one that signs is kept through a rotation.
        #expect(
            try compare(
                ["ca.crt": ended + live.certificate.pem, "ca.key": Fixture.text(live.key)], type: "Opaque")
                == [])
    }

    @Test func `what a Secret is follows from what it holds, not from its type`() throws {
        let (chain, key, root) = (fixture.chain, fixture.keyText, fixture.root.certificate.pem)
        func isAuthority(_ entries: [String: String], _ type: String) throws -> Bool {
            try #require(CertificateSecret(Fixture.secret(entries, type: type).root)).isAuthority
        }
        #expect(try !isAuthority(["tls.crt": chain, "tls.key": key], "Opaque"))
        #expect(try isAuthority(["ca.crt": root, "ca.key": key], "Opaque"))
        // Ambiguous, and told as such; it is there to be mounted.
        #expect(try !isAuthority(["tls.crt": chain, "tls.key": key, "ca.key": key], "Opaque"))
        #expect(try !isAuthority(["tls.crt": "", "tls.key": ""], "kubernetes.io/tls"))
    }

    /// In a process of its own: there is one secure heap.
    @Test func `a key that finds no room is not kept as a fault`() async {
        await #expect(processExitsWith: .success) {
            let fixture = try Fixture()
            let document = try Fixture.secret([
                "tls.crt": fixture.chain, "tls.key": fixture.keyText, "ca.crt": fixture.root.certificate.pem,
            ])
            ProcessHardening.apply(heapSize: 64 * 1024)
            let filling = FilledHeap()
            let material = SecretMaterial(of: document.root)
            let kept = CertificateSecret(document.root)
            filling.end()
            #expect(material.hasUnreadKey)
            #expect(kept?.report(Validation.Expectation(), at: Fixture.now).faults == [])
        }
    }

    @Test func `no other Secret is kept`() throws {
        #expect(CertificateSecret(try Fixture.secret(["password": "x"], type: "Opaque").root) == nil)
    }
}
