// SPDX-License-Identifier: Apache-2.0
import Synchronization

@testable import Telemetry

/// Keeps the lines it is given.
final class RecordingSink: LineSink {
    private let stored = Mutex<[String]>([])

    var lines: [String] { stored.withLock { $0 } }

    func write(line: [UInt8]) throws(LineSinkError) {
        stored.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
    }
}
