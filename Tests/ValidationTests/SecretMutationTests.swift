// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Testing

@testable import Validation

@Suite(.timeLimit(.minutes(1))) struct SecretMutationTests {
    @Test func `no mutation of a good Secret crashes or stalls the checks`() throws {
        let good = try Fixture()
        var generator = SplitMix(seed: 11)
        let entries = [
            "tls.crt": Array(good.chain.utf8), "tls.key": Array(good.keyText.utf8),
            "ca.crt": Array(good.root.certificate.pem.utf8),
        ]
        for _ in 0..<300 {
            var data = JSONObject()
            for (name, bytes) in entries {
                var mutated = bytes
                for _ in 0..<Int.random(in: 0...3, using: &generator) { Self.mutate(&mutated, &generator) }
                var text = Base64.encode(mutated)
                if Int.random(in: 0..<20, using: &generator) == 0 { text.removeLast() }
                data[name] = .string(text)
            }
            let report = try Self.report(data)
            #expect(report.faults.count < 60)
        }
    }

    /// Inside the base64, where a changed byte is rarely a broken text: lengths, tags, numbers and bits of another meaning.
    @Test func `no mutation of a certificate's or a key's DER crashes or stalls the checks`() throws {
        let good = try Fixture()
        var generator = SplitMix(seed: 23)
        let key = try #require(try PEM.blocks(in: Array(good.keyText.utf8), limits: .privateKey).first)
        let keyDER = try PEM.decode(key, in: Array(good.keyText.utf8).span.bytes).withUnsafeBytes {
            Array($0)
        }
        let entries: [(entry: String, label: String, der: [UInt8])] = [
            ("tls.crt", "CERTIFICATE", good.leaf.der),
            ("tls.crt", "CERTIFICATE", good.intermediate.certificate.der),
            ("tls.key", "PRIVATE KEY", keyDER), ("ca.crt", "CERTIFICATE", good.root.certificate.der),
        ]
        var (parsed, refused) = (0, 0)
        for _ in 0..<1000 {
            var texts: [String: String] = [:]
            let chosen = Int.random(in: 0..<entries.count, using: &generator)
            for (index, (name, label, der)) in entries.enumerated() {
                var mutated = der
                if index == chosen { Self.mutate(der: &mutated, &generator) }
                texts[name, default: ""] += PEM.text(label: label, der: mutated)
            }
            var data = JSONObject()
            for (name, text) in texts { data[name] = .string(Base64.encode(Array(text.utf8))) }
            let codes = try Self.report(data).errors.map(\.code)
            if codes.contains(.malformedPEM) { refused += 1 } else { parsed += 1 }
        }
        // Of both there are enough, or the mutations have missed their mark.
        #expect(parsed > 100 && refused > 100, "\(parsed) were parsed, \(refused) were not")
    }

    private static func report(_ data: JSONObject) throws -> FaultReport {
        let secret: JSONValue = [
            "metadata": ["name": "x"], "type": "kubernetes.io/tls", "data": .object(data),
        ]
        let document = try JSONDocument(secret.serialized())
        return SecretValidator.validate(SecretMaterial(of: document.root), at: Fixture.now)
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

extension SecretMutationTests {
    /// Bytes change their value or their bits; some go, and some are another place's.
    private static func mutate(der: inout [UInt8], _ generator: inout SplitMix) {
        guard der.count > 8 else { return }
        let place = Int.random(in: 0..<der.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: der[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: der[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: der[place] = [0, 0x7f, 0x80, 0x84, 0xff].randomElement(using: &generator) ?? 0
        case 3: der.remove(at: place)
        case 4: der.removeSubrange(place...)
        default:
            let length = Int.random(in: 1...min(32, der.count - place), using: &generator)
            let from = Int.random(in: 0...(der.count - length), using: &generator)
            der.replaceSubrange(place..<(place + length), with: der[from..<(from + length)])
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
