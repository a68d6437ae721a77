// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Testing

@testable import Validation

/// What a Secret can cost at most, whatever is in it: by what is counted, since a clock on a busy machine tells nothing.
struct BoundedWorkTests {
    private func material(_ entries: [String: [UInt8]]) throws -> SecretMaterial {
        var data = JSONObject()
        for (name, bytes) in entries { data[name] = .string(Base64.encode(bytes)) }
        let secret: JSONValue = [
            "metadata": ["name": "x"], "type": "kubernetes.io/tls", "data": .object(data),
        ]
        return SecretMaterial(of: try JSONDocument(secret.serialized()).root)
    }

    @Test func `a Secret of a megabyte is not decoded, whatever it holds`() throws {
        let fixture = try Fixture()
        let megabyte = 1_048_576
        let junk: [[UInt8]] = [
            [UInt8](repeating: UInt8(ascii: "-"), count: megabyte),
            Array(String(repeating: "-----BEGIN CERTIFICATE-----\n", count: megabyte / 28).utf8),
            Array(String(repeating: fixture.leaf.pem, count: megabyte / fixture.leaf.pem.utf8.count).utf8),
        ]
        for bytes in junk {
            let material = try material([
                "tls.crt": bytes, "tls.key": bytes, "ca.crt": bytes, "ca.key": bytes,
            ])
            #expect(
                material.certificate?.certificates.isEmpty == true
                    && material.authority?.certificates.isEmpty == true)
            let faults = SecretValidator.validate(material, at: Fixture.now).faults
            #expect(faults.count { $0.code == .tooLarge } == 4)
        }
    }

    @Test func `no more certificates are parsed than a chain and a bundle have`() throws {
        let fixture = try Fixture()
        let small = fixture.leaf.pem
        let chain = try material(["tls.crt": Array(String(repeating: small, count: 11).utf8)])
        #expect(chain.certificate?.certificates.isEmpty == true)
        let bundle = try material(["ca.crt": Array(String(repeating: small, count: 151).utf8)])
        #expect(bundle.authority?.certificates.isEmpty == true)
    }

    @Test func `a path through issuers of one name and key tries each once`() throws {
        // Ten certificates that could each have signed any other.
        let made = try CertificateIssuer.selfSigned(
            commonName: "Ring", algorithm: .ecdsaP256, notBefore: 1_799_000_000, notAfter: 1_900_000_000)
        let ring = try CertificateIssuer(certificate: made.certificate, key: made.key)
        let key = try PrivateKey.generate(.ecdsaP256)
        let members = try (0..<9).map { _ in
            try ring.issueAuthority(
                commonName: "Ring", for: key.publicKey, notBefore: 1_799_000_000, notAfter: 1_900_000_000)
        }
        let leaf = try Fixture.leaf(of: ring, key)
        #expect(ChainPath(from: leaf, in: [leaf] + members).certificates.count <= 10)
    }

    /// Nine issuers of two names in turn, each with a key of its own, the right one always behind the wrong ones.
    private func ring(_ extensions: [String]) throws -> [Certificate] {
        let authority = try ForeignAuthority()
        let ca = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"] + extensions
        var issuer = "root"
        var texts: [String] = []
        for index in (0..<9).reversed() {
            let subject = index % 2 == 0 ? "/CN=even" : "/CN=odd"
            texts.append(try authority.issue(ca, as: "ca\(index)", under: issuer, subject: subject))
            issuer = "ca\(index)"
        }
        let leaf = try authority.issue([ForeignAuthority.leafNames] + extensions, under: issuer)
        return try PEM.certificates(in: Array((leaf + texts.joined()).utf8).span.bytes, limits: .chain)
    }

    @Test func `key identifiers lead through issuers of one name`() throws {
        let entry = try ring(["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"])
        #expect(
            ChainPath(from: entry[0], in: entry).certificates == [entry[0]] + entry.dropFirst().reversed())
    }

    @Test func `a way through a ring is not guessed for ever`() throws {
        let entry = try ring(["subjectKeyIdentifier=none", "authorityKeyIdentifier=none"])
        let path = ChainPath(from: entry[0], in: entry).certificates
        // Five guesses for the first, four for the second, and three that were not enough.
        #expect(path == [entry[0], entry[9], entry[8]])
    }

    @Test func `faults of a thousand names, blocks and constraints are told in a screenful`() throws {
        let fixture = try Fixture()
        let names = (0..<900).map { SubjectAlternativeName.dns("-bad\($0).example.com") }
        let leaf = try fixture.intermediate.issue(
            LeafTemplate(
                names: names, notBefore: Fixture.now.secondsSinceEpoch - 60,
                notAfter: Fixture.now.secondsSinceEpoch + 99_999_999),
            for: fixture.key.publicKey)
        var many = try material(["tls.crt": Array(leaf.pem.utf8), "tls.key": Array(fixture.keyText.utf8)])
        many.expectation = Validation.Expectation(
            names: (0..<128).compactMap { WantedName(parsing: "db-\($0).db.shop.svc") })
        let faults = SecretValidator.validate(many, at: Fixture.now).faults
        #expect(faults.count <= 40)
        #expect(FaultReport(faults).text.utf8.count < 64_000)
    }
}
