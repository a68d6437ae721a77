// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import Logging

/// swift-log as one JSON object a line: `ts`, `level`, `msg`, then the metadata as fields of its own.
///
/// Messages are static sentences; what varies is metadata. A line that cannot be written is dropped: only the
/// audit may stop the process's work.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level

    private let label: String
    private let sink: any LineSink
    private let clock: @Sendable () -> LogTimestamp

    /// Fields of the line itself; metadata of the same name gets a trailing underscore.
    private static let ownFields: Set<String> = ["ts", "level", "msg", "logger", "error"]

    package init(
        label: String, level: Logger.Level = .info, sink: any LineSink = DescriptorSink.standardError,
        clock: @escaping @Sendable () -> LogTimestamp = LogTimestamp.now
    ) {
        self.label = label
        logLevel = level
        self.sink = sink
        self.clock = clock
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = JSONWriter()
        line.beginObject()
        line.key("ts")
        line.string(clock().description)
        line.key("level")
        line.string(event.level.rawValue)
        line.key("msg")
        line.string(event.message.description)
        line.key("logger")
        line.string(label)
        if let error = event.error {
            line.key("error")
            line.string("\(error)")
        }
        for (key, value) in MergedMetadata.of(self, event).sorted(by: { $0.key < $1.key }) {
            line.key(Self.ownFields.contains(key) ? key + "_" : key)
            Self.write(value, to: &line)
        }
        line.endObject()
        try? sink.write(line: line.bytes + [UInt8(ascii: "\n")])
    }

    private static func write(_ value: Logger.MetadataValue, to line: inout JSONWriter) {
        switch value {
        case .string(let text): line.string(text)
        case .stringConvertible(let number as Int): line.integer(Int64(number))
        case .stringConvertible(let flag as Bool): line.bool(flag)
        case .stringConvertible(let value): line.string(value.description)
        case .array(let values):
            line.beginArray()
            for value in values { write(value, to: &line) }
            line.endArray()
        case .dictionary(let members):
            line.beginObject()
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                line.key(key)
                write(value, to: &line)
            }
            line.endObject()
        }
    }
}

/// What a line says besides its message: the handler's, the provider's, the call's; the later wins.
enum MergedMetadata {
    static func of(_ handler: some LogHandler, _ event: LogEvent) -> Logger.Metadata {
        var merged = handler.metadata
        if let provided = handler.metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        return merged
    }
}
