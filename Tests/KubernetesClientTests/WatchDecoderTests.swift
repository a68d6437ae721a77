// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesClient

@Suite struct WatchDecoderTests {
    private static let stream = Array(
        (String.event("ADDED", .object("ä", 1)) + "\n" + String.event("MODIFIED", .object("b", 2))
            + String.event("DELETED", .object("c", 3)) + String.event("BOOKMARK", .object("", 4))
            + String.event("ERROR", .status(410, "Expired"))).utf8)

    private func decode(_ pieces: [[UInt8]], limit: Int = 1000) throws -> [String] {
        let decoder = try WatchDecoder(limit: limit)
        var seen: [String] = []
        for piece in pieces {
            try decoder.decode(piece) { event in
                seen.append("\(event.kind) \(event.object.at("metadata", "name")?.string ?? "-")")
            }
        }
        return seen
    }

    @Test func `finds the same events wherever the stream is cut`() throws {
        let whole = ["added ä", "modified b", "deleted c", "bookmark ", "error -"]
        for cut in 0...Self.stream.count {
            #expect(try decode([Array(Self.stream[..<cut]), Array(Self.stream[cut...])]) == whole)
        }
        #expect(try decode(Self.stream.map { [$0] }) == whole)
    }

    @Test func `leaves an unfinished event alone`() throws {
        #expect(try decode([Array(Self.stream.dropLast())]).count == 4)
    }

    @Test func `takes an event of the limit and refuses one byte more`() throws {
        let line = String.event("ADDED", .object("a", 1)).utf8.dropLast()
        #expect(try decode([Array(line) + [0x0A]], limit: line.count).count == 1)
        #expect(throws: KubernetesError.malformed("a watch event is larger than \(line.count - 1) bytes")) {
            try decode(line.map { [$0] }, limit: line.count - 1)
        }
    }

    @Test(arguments: [
        "x\n", "{}\n", "{\"type\":\"NEW\",\"object\":{}}\n", "{\"type\":\"ADDED\",\"object\":1}\n", "[]\n",
    ])
    func `refuses what is no event`(text: String) {
        #expect(throws: KubernetesError.self) { try decode([Array(text.utf8)]) }
    }
}
