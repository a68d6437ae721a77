// SPDX-License-Identifier: Apache-2.0
import Glibc
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Validation

/// NIST's Public Key Interoperability Test Suite (2011), as PyPI's cryptography-vectors carries it: one certificate of each
/// of its tests, with every CA certificate that may lead to the anchor.
@Suite(.enabled(if: PythonTools.areWanted)) struct PKITSTests {
    static let folder = PythonTools.folder + "/cryptography_vectors/x509/PKITS_data/certs"
    /// Within the suite's validity, 2010 to 2030.
    static let now = Timestamp(secondsSinceEpoch: 1_704_067_200)

    struct Vector {
        let name: String
        let certificate: Certificate
        var isEnd: Bool { name.hasPrefix("Valid") || name.hasPrefix("Invalid") }
        var isValid: Bool { name.hasPrefix("Valid") }
    }

    static func vectors() throws -> [Vector] {
        var vectors: [Vector] = []
        let directory = try #require(opendir(folder))
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".crt") else { continue }
            guard let certificate = try? Certificate(der: bytes(folder + "/" + name)) else { continue }
            vectors.append(Vector(name: String(name.dropLast(4)), certificate: certificate))
        }
        return vectors.sorted { $0.name < $1.name }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    /// Why podmint says otherwise than NIST, by what stands in a test's name. docs/validation.md has the list.
    private static let differences: [(part: String, valid: Bool)] = [
        // Revocation is not looked at: admission has no CRL and asks nobody.
        ("Revoked", false), ("cRL", false), ("LongSerialNumber", false), ("CRL", false), ("crl", false),
        ("onlyContains", false), ("onlySomeReasons", false),
        ("distributionPoint", false), ("IDPwith", false), ("BasicSelfIssued", false),
        ("SeparateCertificateandCRLKeys", false), ("UnknownCRL", false),
        // Policies are never evaluated: their tree grew exponentially (CVE-2023-0464).
        ("Policy", false), ("Policies", false), ("policy", false), ("Mapping", false),
        // DSA is no TLS key any more.
        ("DSA", true),
    ]

    @Test func `chains are judged as NIST judges them, but for the differences that are listed`() throws {
        let vectors = try Self.vectors()
        let anchor = try #require(vectors.first { $0.name == "TrustAnchorRootCertificate" }).certificate
        let authorities = vectors.filter { !$0.isEnd }.map(\.certificate).filter { $0 != anchor }
        var (agreed, differed) = (0, 0)
        for vector in vectors where vector.isEnd {
            let faults = Self.faults(vector.certificate, authorities, anchor)
            let says = !faults.contains { $0.severity == .error }
            if says == vector.isValid {
                agreed += 1
                continue
            }
            differed += 1
            let isListed = Self.differences.contains {
                vector.name.contains($0.part) && $0.valid == vector.isValid
            }
            #expect(isListed, "\(vector.name): \(faults.map(\.text))")
        }
        #expect(agreed + differed > 200, "the suite is not whole")
        // Whoever changes a rule sees here what it does to the whole.
        #expect(agreed == 133 && differed == 69)
    }

    private static func faults(
        _ leaf: Certificate, _ authorities: [Certificate], _ anchor: Certificate
    ) -> [Fault] {
        var found: [Certificate] = []
        var open = [leaf]
        while let below = open.popLast() {
            for issuer in authorities
            where below.namesIssuer(issuer) && !found.contains(issuer) && issuer != leaf {
                found.append(issuer)
                open.append(issuer)
            }
        }
        let text = Array(([leaf] + found).map(\.pem).joined().utf8)
        let trust = Array(anchor.pem.utf8)
        let material = SecretMaterial(
            file: text.span.bytes, path: "pkits", trust: trust.span.bytes, trustPath: "anchor",
            expectation: Validation.Expectation())
        // Some authorities stand there only because another of the same name does: what counts is the chain.
        let beside: Set<FaultCode> = [.surplusCertificate, .chainOrder, .rootInChain, .commonNameOnly]
        return SecretValidator.inspect(material, at: now).faults.filter { !beside.contains($0.code) }
    }
}
