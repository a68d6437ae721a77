// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Logging
internal import Telemetry

/// Where log lines go and what they look like: standard error, JSON unless a person is watching.
enum LogOutput {
    static func start(format: ServeConfiguration.LogFormat?, level: Logger.Level) {
        let format = format ?? (isatty(STDERR_FILENO) == 1 ? .text : .json)
        LoggingSystem.bootstrap { label in
            switch format {
            case .json: JSONLogHandler(label: label, level: level)
            case .text: TextLogHandler(level: level)
            }
        }
    }
}
