// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import Synchronization
import Testing

@testable import JSON

@Suite struct JSONParserPoolTests {
    @Test func `lends one parser to one caller, and the same one to the next`() throws {
        let pool = JSONParserPool()
        let (first, nested) = try pool.lend(for: 10) { outer throws(JSONError) in
            (ObjectIdentifier(outer), try pool.lend(for: 10) { ObjectIdentifier($0) })
        }
        #expect(nested != first)
        #expect(try pool.lend(for: 10) { ObjectIdentifier($0) } == first)
    }

    @Test func `serves many threads at once`() async throws {
        let pool = JSONParserPool()
        await withTaskGroup(of: Int64?.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try? pool.lend(for: 10) { parser throws(JSONError) in
                        try parser.parse(ByteBuffer(Array("{\"n\":\(number)}".utf8))).root["n"]?.integer
                    }
                }
            }
            var seen: Set<Int64> = []
            for await number in group { seen.insert(number ?? -1) }
            #expect(seen == Set(0..<200))
        }
    }

    private final class Readers: Sendable {
        private let count = Atomic<Int>(0)

        /// How many there are while this one reads.
        func read() -> Int {
            let now = count.add(1, ordering: .sequentiallyConsistent).newValue
            usleep(2000)
            count.subtract(1, ordering: .sequentiallyConsistent)
            return now
        }
    }

    @Test func `reads one large text at a time`() async throws {
        let (pool, readers) = (JSONParserPool(), Readers())
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { try pool.lend(for: JSONParser.keptBytes + 1) { _ in readers.read() } }
            }
            for try await together in group { #expect(together == 1) }
        }
        #expect(try pool.lend(for: JSONParser.keptBytes) { _ in true })
    }
}
