// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import Validation

struct ValidationModeTests {
    static let owned: JSONObject = [
        "ownerReferences": [["kind": "Certificate", "name": "x", "controller": true]]
    ]
    static let managed: JSONObject = ["annotations": ["cert-manager.io/certificate-name": "web"]]
    static func annotated(_ value: String) -> JSONObject {
        ["annotations": ["podmint.dev/validation": .string(value)]]
    }

    @Test(
        arguments: [
            ([:], [:], .enforce), ([:], ["podmint.dev/validation": "Warn"], .warn),
            ([:], ["podmint.dev/validation": "off"], .off),
            (annotated("Off"), ["podmint.dev/validation": "Warn"], .off),
            (annotated("Enforce"), ["podmint.dev/validation": "Off"], .enforce), (owned, [:], .warn),
            (managed, [:], .warn),
            (owned, ["podmint.dev/validation": "Enforce"], .warn),
            (owned, ["podmint.dev/validation": "Off"], .off),
            ([:], ["podmint.dev/injection": "audit"], .warn),
            ([:], ["podmint.dev/injection": "enabled"], .enforce),
            (annotated("Enforce"), ["podmint.dev/injection": "audit"], .warn),
            (annotated("Off"), ["podmint.dev/injection": "audit"], .off),
        ] as [(JSONObject, [String: String], ValidationMode)])
    func `annotation, then owner, then namespace, then Enforce`(
        metadata: JSONObject, labels: [String: String], expected: ValidationMode
    ) throws {
        let secret = try Fixture.secret([:], metadata: metadata)
        let decision = ValidationModeDecision(secret: secret.root, namespaceLabels: labels)
        #expect(decision.mode == expected && decision.warning == nil)
    }

    @Test func `of several policies the strictest counts`() {
        #expect(ValidationMode.strictest([]) == nil)
        #expect(ValidationMode.strictest([.off]) == .off)
        #expect(ValidationMode.strictest([.off, .warn]) == .warn)
        #expect(ValidationMode.strictest([.warn, .enforce, .off]) == .enforce)
    }

    @Test func `a value that is none is told and falls back`() throws {
        let secret = try Fixture.secret([:], metadata: Self.annotated("Enfroce"))
        let decision = ValidationModeDecision(secret: secret.root, namespaceLabels: [:])
        #expect(decision.mode == .enforce)
        #expect(decision.warning?.contains("\"Enfroce\"") == true)
    }

    @Test func `only the four entries decide whether a Secret has changed`() throws {
        let old = try Fixture.secret(["tls.crt": "a", "tls.key": "b", "x": "1"])
        let same = try Fixture.secret(["tls.crt": "a", "tls.key": "b", "x": "2"], metadata: Self.managed)
        #expect(SecretContents.isUnchanged(same.root, since: old.root))
        for changed in [
            ["tls.crt": "c", "tls.key": "b"], ["tls.crt": "a"],
            ["tls.crt": "a", "tls.key": "b", "ca.crt": ""],
        ] {
            let new = try Fixture.secret(changed)
            #expect(!SecretContents.isUnchanged(new.root, since: old.root))
        }
    }

    @Test func `scope is the type, tls.crt or ca.key`() throws {
        #expect(SecretMaterial.isInScope(try Fixture.secret([:]).root))
        #expect(SecretMaterial.isInScope(try Fixture.secret(["tls.crt": "x"], type: "Opaque").root))
        #expect(SecretMaterial.isInScope(try Fixture.secret(["ca.key": "x"], type: "Opaque").root))
        #expect(
            !SecretMaterial.isInScope(
                try Fixture.secret(["ca.crt": "x", "tls.key": "x"], type: "Opaque").root))
    }
}
