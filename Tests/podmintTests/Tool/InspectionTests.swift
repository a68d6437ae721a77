// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Testing
import Validation

@testable import podmint

/// A root, an intermediate and a leaf, as files.
struct InspectionFixture {
    static let now: Int64 = 1_800_000_000
    static let day: Int64 = 86_400
    let root, middle, leaf: Certificate
    let key: PrivateKey

    init(leafDays: Int64 = 300) throws {
        let (now, day) = (Self.now, Self.day)
        let made = try CertificateIssuer.selfSigned(
            commonName: "Corp Root", algorithm: .ecdsaP256, notBefore: now - day, notAfter: now + 3000 * day)
        root = made.certificate
        let upper = try CertificateIssuer(certificate: made.certificate, key: made.key)
        let below = try PrivateKey.generate(.ecdsaP256)
        middle = try upper.issueAuthority(
            commonName: "Corp Issuing CA", for: below.publicKey, notBefore: now - day,
            notAfter: now + 2000 * day)
        key = try PrivateKey.generate(.ecdsaP256)
        leaf = try CertificateIssuer(certificate: middle, key: below).issue(
            LeafTemplate(
                names: [.dns("web.shop.svc"), .ip([10, 0, 0, 7])], notBefore: now - 400 * day,
                notAfter: now + leafDays * day, usages: [.serverAuth]),
            for: key.publicKey)
    }

    var keyText: String { key.withPEM { String(decoding: $0, as: UTF8.self) } }

    func inspect(
        _ text: String, path: String = "web.pem", ca: String? = nil, names: [String] = [],
        usage: WantedUsage? = nil
    ) throws -> Inspection {
        let request = Inspection.Request(
            expectation: Expectation(
                names: try names.map { try #require(WantedName(parsing: $0)) }, usage: usage),
            time: Timestamp(secondsSinceEpoch: Self.now), trust: ca.map { Self.source("corp root.pem", $0) })
        return try Inspection(of: Self.source(path, text), by: request)
    }

    private static func source(_ path: String, _ text: String) -> Inspection.Source {
        Inspection.Source(path: path, text: SecretBytes(copying: Array(text.utf8).span.bytes))
    }
}

struct InspectionTests {
    let files: InspectionFixture
    init() throws { files = try InspectionFixture() }
    var chain: String { files.leaf.pem + files.middle.pem }

    @Test func `all that is wanted holds`() throws {
        let good = try files.inspect(
            files.keyText + chain, ca: files.root.pem, names: ["web.shop.svc", "10.0.0.7"], usage: .server)
        #expect(good.report.faults == [])
        #expect(good.chain == [files.leaf, files.middle, files.root] && good.hasKey)
        #expect(InspectionText(good, .plain).text.hasSuffix("\nweb.pem: good\n"))
    }

    @Test func `what does not hold is told, with commands about these very files`() throws {
        let bad = try files.inspect(
            files.leaf.pem + (try InspectionFixture()).keyText, ca: files.root.pem, names: ["api.shop.svc"],
            usage: .client)
        #expect(
            bad.report.faults.map(\.code) == [
                .keyMismatch, .sanMissing, .extendedKeyUsage, .chainIncomplete, .untrustedChain,
            ])
        let mismatch = bad.report.faults[0]
        #expect(mismatch.object == "web.pem" && mismatch.field == "the private key")
        #expect(mismatch.fix.contains("openssl pkey -in web.pem -pubout"))
        #expect(
            bad.report.faults[4].fix.contains(
                "openssl verify -CAfile 'corp root.pem' -untrusted web.pem web.pem"))
        #expect(!bad.report.faults.contains { "\($0)".contains("tls.crt") })
    }

    @Test func `a file with nothing but a key is a mistake, one without PEM is faulty`() throws {
        #expect(throws: ToolFailure.self) { try files.inspect(files.keyText) }
        #expect(try files.inspect("hello").report.faults.map(\.code) == [.malformedPEM])
        #expect(
            try files.inspect(chain + files.keyText + files.keyText).report.faults.map(\.code) == [
                .malformedPEM
            ])
    }

    @Test func `a bundle of roots has no leaf to judge`() throws {
        let other = try InspectionFixture().root
        let bundle = try files.inspect(files.root.pem + other.pem)
        #expect(bundle.isBundle && bundle.report.faults == [])
        #expect(
            InspectionText(bundle, .plain).text.contains("CN=Corp Root, ECDSA P-256, ends in 3000 days\n"))
    }

    @Test(arguments: [
        ("web.pem", "web.pem"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("", "''"),
        ("/x/../y-1", "/x/../y-1"),
    ])
    func `paths are words to a shell`(path: String, word: String) {
        #expect(FileNames.shellWord(path) == word)
    }
}
