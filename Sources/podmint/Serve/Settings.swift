// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Flags, and behind each the environment variable of its name: `--agent-listen`, `PODMINT_AGENT_LISTEN`.
struct Settings {
    let flags: [String: String]
    let environment: [String: String]

    subscript(name: String) -> String? {
        flags[name] ?? environment[Self.variable(for: name)].flatMap { $0.isEmpty ? nil : $0 }
    }

    static func variable(for name: String) -> String {
        "PODMINT_" + name.uppercased().split(separator: "-").joined(separator: "_")
    }
}

/// The environment this process was started with.
enum ProcessEnvironment {
    static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            unsafe entry += 1
        }
        return variables
    }
}
