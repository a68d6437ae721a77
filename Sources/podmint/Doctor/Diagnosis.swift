// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import YAML

/// What one look of `podmint doctor` came to.
struct Diagnosis: Equatable {
    enum State: String {
        case good
        case faulty
        /// It could not be looked at from here, which says nothing about it.
        case unseen
    }

    let state: State
    /// Stable, as the codes of other checks: `WebhookUnreachable`.
    let code: String
    /// What was looked at: `MutatingWebhookConfiguration podmint`.
    let object: String
    /// What was found, in one line.
    let found: String
    /// What to try; empty where all is well.
    let fix: String

    static func good(_ code: String, _ object: String, _ found: String) -> Diagnosis {
        Diagnosis(state: .good, code: code, object: object, found: found, fix: "")
    }

    static func faulty(_ code: String, _ object: String, _ found: String, fix: String) -> Diagnosis {
        Diagnosis(state: .faulty, code: code, object: object, found: found, fix: fix)
    }

    static func unseen(_ code: String, _ object: String, _ found: String, fix: String) -> Diagnosis {
        Diagnosis(state: .unseen, code: code, object: object, found: found, fix: fix)
    }
}

/// All findings, as text with a mark for each, or as data.
struct DoctorReport {
    let findings: [Diagnosis]

    /// What could not be seen is no fault.
    var isValid: Bool { !findings.contains { $0.state == .faulty } }

    func rendered(as format: OutputFormat, _ style: TerminalStyle) -> String {
        switch format {
        case .json: value.indentedText
        case .yaml: YAMLWriter.write(value)
        case .text: findings.map { Self.text($0, style) }.joined() + summary
        }
    }

    /// `valid` and `faults` as every checking command gives them, and `checks` for all that was looked at.
    var value: JSONValue {
        [
            "valid": .bool(isValid),
            "faults": .array(
                findings.filter { $0.state == .faulty }.map {
                    [
                        "code": .string($0.code), "severity": "error", "object": .string($0.object),
                        "field": "", "found": .string($0.found), "wanted": "", "fix": .string($0.fix),
                    ]
                }),
            "checks": .array(
                findings.map {
                    [
                        "code": .string($0.code), "state": .string($0.state.rawValue),
                        "object": .string($0.object), "found": .string($0.found), "fix": .string($0.fix),
                    ]
                }),
        ]
    }

    private var summary: String {
        let count = { (state: Diagnosis.State) in findings.count { $0.state == state } }
        return "\n\(count(.good)) good, \(count(.faulty)) faulty, \(count(.unseen)) not seen\n"
    }

    private static func text(_ finding: Diagnosis, _ style: TerminalStyle) -> String {
        let mark =
            switch finding.state {
            case .good: style.green("✓")
            case .faulty: style.red("✗")
            case .unseen: style.yellow("–")
            }
        // What the cluster says must not write to the terminal by itself.
        func line(_ text: String) -> String {
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        }
        let hint = finding.fix.isEmpty ? "" : "\n  \(style.dim("hint:")) \(line(finding.fix))"
        return "\(mark) \(line(finding.object)): \(line(finding.found))\(hint)\n"
    }
}
