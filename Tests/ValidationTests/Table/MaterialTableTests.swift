// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Validation

/// Good and bad Secrets that others made (`material.py`), each with the codes that must be found in it and no others.
@Suite(.enabled(if: PythonTools.areWanted)) struct MaterialTableTests {
    private func cases() throws -> [JSONValue] {
        let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try #require(JSONValue(parsing: PythonTools.run([folder + "/material.py"])).array)
    }

    private func found(_ row: JSONValue) throws -> (admitted: [Fault], kept: [Fault]) {
        let secret: JSONValue = [
            "metadata": ["name": "web-tls", "namespace": "shop"], "type": row["type"] ?? "",
            "data": row["data"] ?? [:],
        ]
        let document = try JSONDocument(secret.serialized())
        let names = try (row["names"]?.array ?? []).map { try #require(WantedName(parsing: $0.string ?? "")) }
        let expectation = Validation.Expectation(
            names: names, usage: row["usage"]?.string.flatMap(WantedUsage.init(rawValue:)))
        let time = Timestamp(secondsSinceEpoch: row["now"]?.integer ?? 0)
        var material = SecretMaterial(of: document.root)
        material.expectation = expectation
        let kept = try #require(CertificateSecret(document.root)).report(expectation, at: time).faults
        return (SecretValidator.validate(material, at: time).faults, kept)
    }

    @Test func `every case is told by its codes, and by no others`() throws {
        var seen: Set<String> = []
        for row in try cases() {
            let name = row["name"]?.string ?? ""
            let wanted = row["codes"]?.array?.compactMap(\.string) ?? []
            let (admitted, kept) = try found(row)
            #expect(admitted.map(\.code.rawValue).sorted() == wanted, "\(name): \(admitted.map(\.text))")
            #expect(kept.map(\.code.rawValue).sorted() == wanted, "\(name), as a cache keeps it")
            seen.formUnion(wanted)
        }
        // Those of podmint's own kinds and of updates have tests of their own.
        let others: Set<FaultCode> = [
            .keyTypeChanged, .invalidField, .unknownField, .notInThisVersion, .missingReference,
            .forbiddenName, .forbiddenUsage,
            .unknownAnnotation, .invalidAnnotation, .unknownContainer, .nameTaken, .mountConflict, .rootOwner,
            .namespaceMismatch, .unknownPolicy, .unusablePolicy, .tooManyPolicies, .notYetSynced,
        ]
        #expect(
            Set(FaultCode.allCases).subtracting(others).map(\.rawValue).filter { !seen.contains($0) } == [])
    }
}
