// SPDX-License-Identifier: Apache-2.0

/// An explanation for people: the answer first, then each name with its reason.
struct ExplanationText {
    let text: String

    init(_ explanation: PodExplanation, _ style: TerminalStyle) {
        var lines: [String] = []
        let verdict = explanation.isInjected ? style.green("injected") : style.yellow("not injected")
        lines.append("\(style.bold("Pod \(explanation.namespace)/\(explanation.pod)")): \(verdict)")
        lines += explanation.reasons.map { "  \($0)" }
        if let hint = explanation.hint { lines.append("  hint: \(hint)") }
        lines += explanation.unread.map { "  not read: \($0)" }
        for certificate in explanation.certificates {
            lines.append("")
            lines += Self.lines(certificate, explanation.isInjected, style)
        }
        text = lines.joined(separator: "\n") + "\n"
    }

    private static func lines(
        _ certificate: PodExplanation.Certificate, _ isInjected: Bool, _ style: TerminalStyle
    ) -> [String] {
        let title = style.bold("Policy \(certificate.policy)")
        if let what = certificate.mounted {
            return ["\(title): \(what) \(isInjected ? "is" : "would be") mounted; nothing is signed"]
        }
        if let problem = certificate.problem {
            return ["\(title): \(style.red("nothing can be signed"))", "  \(problem)"]
                + (certificate.hint.map { ["  hint: \($0)"] } ?? [])
        }
        var lines = ["\(title)\(isInjected ? "" : ", if it were injected")"]
        lines.append("  authority  \(certificate.authority)")
        lines.append(
            "  at most    \(certificate.longestLifetime), for \(certificate.usages.joined(separator: ", "))")
        if let name = certificate.commonName { lines.append("  CN         \(name)") }
        lines.append("  names")
        let width = min(60, certificate.names.map(\.name.count).max() ?? 0)
        lines += certificate.names.map { "    \(padded($0.name, width))  \(style.dim($0.reason))" }
        if !certificate.withheld.isEmpty {
            lines.append("  withheld")
            lines += certificate.withheld.map {
                "    \($0.name.isEmpty ? "(no address)" : $0.name): \($0.reason)"
            }
        }
        if !certificate.denials.isEmpty {
            lines.append("  \(style.red("denied")), so no certificate is signed")
            lines += certificate.denials.map { "    \($0)" }
        }
        return lines
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
