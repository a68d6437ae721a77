// SPDX-License-Identifier: Apache-2.0
package import JSON

/// All faults of one look at something, for people and for programs.
package struct FaultReport: Hashable, Sendable {
    package let faults: [Fault]

    package init(_ faults: [Fault]) { self.faults = faults }

    package var errors: [Fault] { faults.filter { $0.severity == .error } }
    package var warnings: [Fault] { faults.filter { $0.severity == .warning } }
    /// Warnings do not make a thing invalid.
    package var isValid: Bool { errors.isEmpty }

    /// Every fault in one message, errors first; objects are named once.
    package var text: String { text(of: \.text) }

    /// The same at every look that finds the same.
    package var lastingText: String { text(of: \.lastingText) }

    private func text(of fault: (Fault) -> String) -> String {
        var lines: [String] = []
        for object in objects {
            let found = faults.filter { $0.object == object }
            let sorted = found.filter { $0.severity == .error } + found.filter { $0.severity == .warning }
            if let only = sorted.first, sorted.count == 1 {
                lines.append("\(object): \(Self.line(only, fault(only)))")
                continue
            }
            lines.append("\(object) has \(sorted.count) faults:")
            for (number, one) in sorted.enumerated() {
                lines.append("  \(number + 1). \(Self.line(one, fault(one)))")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// `{"valid": bool, "faults": [{"code", "severity", "object", "field", "found", "wanted", "fix"}]}`
    package var value: JSONValue {
        [
            "valid": .bool(isValid),
            "faults": .array(faults.map(Self.value)),
        ]
    }

    private var objects: [String] {
        var seen: Set<String> = []
        return faults.map(\.object).filter { seen.insert($0).inserted }
    }

    private static func line(_ fault: Fault, _ text: String) -> String {
        fault.severity == .warning ? "warning: \(text)" : text
    }

    private static func value(of fault: Fault) -> JSONValue {
        [
            "code": .string(fault.code.rawValue),
            "severity": .string(fault.severity.rawValue),
            "object": .string(fault.object),
            "field": .string(fault.field),
            "found": .string(fault.found),
            "wanted": .string(fault.wanted),
            "fix": .string(fault.fix),
        ]
    }
}
