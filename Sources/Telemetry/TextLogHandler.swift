// SPDX-License-Identifier: Apache-2.0
package import Logging

/// swift-log for a person's eyes: `2026-11-22T10:04:00.120Z info  message key=value`.
package struct TextLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let sink: any LineSink
    private let clock: @Sendable () -> LogTimestamp

    package init(
        level: Logger.Level = .info, sink: any LineSink = DescriptorSink.standardError,
        clock: @escaping @Sendable () -> LogTimestamp = LogTimestamp.now
    ) {
        logLevel = level
        self.sink = sink
        self.clock = clock
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let level = event.level.rawValue
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(clock()) \(level)\(padding) \(Self.printable(event.message.description))"
        if let error = event.error { line += " error=\(Self.quoted("\(error)"))" }
        for (key, value) in MergedMetadata.of(self, event).sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(Self.quoted("\(value)"))"
        }
        try? sink.write(line: Array(line.utf8) + [UInt8(ascii: "\n")])
    }

    /// Quotes only what would not read as one word.
    private static func quoted(_ text: String) -> String {
        let text = printable(text)
        guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else {
            return text
        }
        return
            "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\""))\""
    }

    /// Control characters (a newline, a terminal's escape) must not let a peer's text forge a line or a colour.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "." : $0 }))
    }
}
