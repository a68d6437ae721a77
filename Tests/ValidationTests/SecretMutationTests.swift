// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Testing

@testable import Validation

struct SecretMutationTests {
    @Test func `no mutation of a good Secret crashes or stalls the checks`() throws {
        let good = try Fixture()
        var generator = SplitMix(seed: 11)
        let entries = [
            "tls.crt": Array(good.chain.utf8), "tls.key": Array(good.keyText.utf8),
            "ca.crt": Array(good.root.certificate.pem.utf8),
        ]
        let start = ContinuousClock.now
        for _ in 0..<300 {
            var data = JSONObject()
            for (name, bytes) in entries {
                var mutated = bytes
                for _ in 0..<Int.random(in: 0...3, using: &generator) { Self.mutate(&mutated, &generator) }
                var text = Base64.encode(mutated)
                if Int.random(in: 0..<20, using: &generator) == 0 { text.removeLast() }
                data[name] = .string(text)
            }
            let secret: JSONValue = [
                "metadata": ["name": "x"], "type": "kubernetes.io/tls", "data": .object(data),
            ]
            let document = try JSONDocument(secret.serialized())
            let report = SecretValidator.validate(SecretMaterial(of: document.root), at: Fixture.now)
            #expect(report.faults.count < 60)
        }
        // Some milliseconds each, unoptimised; a stall would be seconds.
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"{"type":"kubernetes.io/tls","data":[]}"#,
        #"{"type":7,"data":{"tls.crt":7,"ca.key":{}}}"#,
        #"{"type":"kubernetes.io/tls","data":{"tls.crt":"!!!","tls.key":"===="}}"#,
        #"{"data":{"ca.key":null}}"#,
        #"{"stringData":{"tls.crt":"","tls.key":""}}"#,
    ])
    func `odd Secrets are judged, not trusted`(text: String) throws {
        let document = try JSONDocument(text)
        _ = SecretMaterial.isInScope(document.root)
        _ = SecretValidator.validate(SecretMaterial(of: document.root), at: Fixture.now)
        _ = ValidationModeDecision(secret: document.root, namespaceLabels: [:])
        _ = SecretContents.isPlaceholder(document.root)
    }

    private static func mutate(_ text: inout [UInt8], _ generator: inout SplitMix) {
        guard !text.isEmpty else { return }
        let place = Int.random(in: 0..<text.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: text[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: text.remove(at: place)
        case 2: text.insert(contentsOf: "-----BEGIN ".utf8, at: place)
        case 3: text += text
        default: text.removeSubrange(place..<min(text.count, place + 64))
        }
    }
}

/// Repeatable randomness (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
