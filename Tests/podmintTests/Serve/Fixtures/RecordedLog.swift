// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Telemetry

/// A log that a test reads.
final class RecordedLog: LineSink {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in TextLogHandler(level: .info, sink: self) } }

    func count(of text: String) -> Int { lines.count { $0.contains(text) } }
    func write(line: [UInt8]) throws(LineSinkError) {
        kept.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
}
