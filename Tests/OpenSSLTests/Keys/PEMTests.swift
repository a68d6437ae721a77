// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct PEMTests {
    static let certificate = (try? TestAuthority())?.root.certificate.pem ?? ""

    static let lines = certificate.split(separator: "\n")
    static let harmless: [(String, String)] = [
        ("as written", certificate),
        ("CRLF", lines.joined(separator: "\r\n") + "\r\n"),
        ("no last newline", String(certificate.dropLast())),
        ("text around", "subject=CN=x\n issuer: y\n\n\(certificate)that was it"),
        ("trailing blanks", lines.joined(separator: "  \n")),
        ("not ASCII between", "Größe 1\n\(certificate)"),
    ]

    @Test(arguments: harmless)
    func `harmless variations are read`(what: String, text: String) throws {
        let found = try PEM.certificates(in: text)
        #expect(found.map(\.pem) == [Self.certificate], "\(what)")
    }

    static let cut = String(certificate.dropLast(30))
    static let wrong: [(String, String)] = [
        ("", "no PEM block"),
        ("hello", "no PEM block"),
        (cut, "has no END line"),
        (certificate + cut, "block 2 (CERTIFICATE, line"),
        (certificate.replacing("-----END CERTIFICATE", with: "-----END PRIVATE KEY"), "ends with"),
        ("\(certificate.prefix(100))\n\(certificate)", "before the next block begins on line 4"),
        (certificate.replacing("MII", with: "M?I"), "is not base64 on line 2"),
        (framed(""), "is empty"),
        (framed("TUlJ\n"), "is not an X.509 certificate"),
        (framed("TUlJQ\n"), "is cut short"),
        ("-----BEGIN CERTIFICATE--\nTUlJ\n-----END CERTIFICATE-----\n", "BEGIN line"),
        (certificate + PEM.text(label: "PRIVATE KEY", der: [1, 2, 3]), "block 2 (PRIVATE KEY, line"),
    ]

    static func framed(_ body: String) -> String {
        "-----BEGIN CERTIFICATE-----\n\(body)-----END CERTIFICATE-----\n"
    }

    @Test(arguments: wrong)
    func `what is wrong is told with its block`(text: String, message: String) {
        do {
            _ = try PEM.certificates(in: text)
            Issue.record("taken: \(text)")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test func `size and number of blocks are bounded before anything is decoded`() throws {
        let limits = PEM.Limits(bytes: 1000, blocks: 2)
        let block = PEM.text(label: "X", der: [1])
        #expect(throws: PEMError(.tooManyBlocks(limit: 2))) {
            try PEM.blocks(in: Array((block + block + block).utf8), limits: limits)
        }
        #expect(throws: PEMError(.tooLarge(bytes: 1001, limit: 1000))) {
            try PEM.blocks(in: [UInt8](repeating: 45, count: 1001), limits: limits)
        }
    }

    @Test func `text is cut at 64 characters, as RFC 7468 wants`() throws {
        let lines = PEM.text(label: "X", der: Array(0..<100)).split(separator: "\n")
        #expect(lines.map(\.count) == [17, 64, 64, 8, 15])
        let text = Array(PEM.text(label: "X", der: Array(0..<100)).utf8)
        let block = try #require(try PEM.blocks(in: text, limits: .chain).first)
        let der = try PEM.decode(block, in: text.span.bytes)
        let decoded = der.withUnsafeBytes { Array($0) }
        #expect(decoded == Array(0..<100))
    }

    @Test func `no mutation of a chain makes the reader fall over`() {
        var generator = SplitMix(seed: 7)
        let seed = Array((Self.certificate + Self.certificate).utf8)
        for _ in 0..<2000 {
            var text = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: text.remove(at: place)
                case 2: text.insert(contentsOf: "-----".utf8, at: place)
                default: text.removeSubrange(place..<min(text.count, place + 40))
                }
            }
            _ = try? PEM.certificates(in: text, limits: .chain)
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
