// SPDX-License-Identifier: Apache-2.0
import Buffers
import Testing

@testable import JSON

@Suite struct JSONParserPoolTests {
    @Test func `lends one parser to one caller, and the same one to the next`() throws {
        let pool = JSONParserPool()
        let (first, nested) = try pool.lend { outer throws(JSONError) in
            (ObjectIdentifier(outer), try pool.lend { ObjectIdentifier($0) })
        }
        #expect(nested != first)
        #expect(try pool.lend { ObjectIdentifier($0) } == first)
    }

    @Test func `serves many threads at once`() async throws {
        let pool = JSONParserPool()
        await withTaskGroup(of: Int64?.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try? pool.lend { parser throws(JSONError) in
                        try parser.parse(ByteBuffer(Array("{\"n\":\(number)}".utf8))).root["n"]?.integer
                    }
                }
            }
            var seen: Set<Int64> = []
            for await number in group { seen.insert(number ?? -1) }
            #expect(seen == Set(0..<200))
        }
    }
}
