// SPDX-License-Identifier: Apache-2.0
import JSON
import Logging
import Testing

@testable import Telemetry

@Suite struct LogHandlerTests {
    static let instant = LogTimestamp(seconds: 1_795_339_440, milliseconds: 7)

    @Test func `writes time, level, message and metadata as fields`() throws {
        let sink = RecordingSink()
        var logger = Logger(label: "podmint.serve") { label in
            JSONLogHandler(label: label, level: .debug, sink: sink, clock: { Self.instant })
        }
        logger[metadataKey: "pod"] = "shop/web-0"
        logger.info("Issued a certificate", metadata: ["names": ["a", "b"], "count": .stringConvertible(2)])
        let line = try #require(sink.lines.first)
        #expect(
            line == #"{"ts":"2026-11-22T09:24:00.007Z","level":"info","msg":"Issued a certificate","#
                + #""logger":"podmint.serve","count":2,"names":["a","b"],"pod":"shop/web-0"}"# + "\n")
    }

    @Test func `metadata cannot forge the line's own fields nor a second line`() throws {
        let sink = RecordingSink()
        let logger = Logger(label: "x") { JSONLogHandler(label: $0, sink: sink, clock: { Self.instant }) }
        logger.info("a\n{\"level\":\"forged\"}", metadata: ["level": "debug"])
        let line = try #require(sink.lines.first)
        #expect(line.filter(\.isNewline).count == 1)
        let value = try JSONValue(parsing: line)
        #expect(value["level"]?.string == "info")
        #expect(value["level_"]?.string == "debug")
    }

    @Test func `is silent below its level`() {
        let sink = RecordingSink()
        let logger = Logger(label: "x") { JSONLogHandler(label: $0, level: .warning, sink: sink) }
        logger.info("nothing")
        #expect(sink.lines.isEmpty)
    }

    @Test func `text quotes what is not one word and defuses control characters`() throws {
        let sink = RecordingSink()
        let logger = Logger(label: "x") { _ in TextLogHandler(sink: sink, clock: { Self.instant }) }
        logger.warning("Denied", metadata: ["reason": "not \"yours\"", "pod": "web-0", "raw": "a\u{1b}[31m"])
        #expect(
            sink.lines == [
                "2026-11-22T09:24:00.007Z warning  Denied pod=web-0 raw=a.[31m reason=\"not \\\"yours\\\"\"\n"
            ])
    }
}
