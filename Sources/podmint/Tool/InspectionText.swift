// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL
internal import Validation

/// One inspected file for a tired operator: what it is, where its chain leads, what is wrong.
struct InspectionText {
    private let inspection: Inspection
    private let style: TerminalStyle

    init(_ inspection: Inspection, _ style: TerminalStyle) {
        self.inspection = inspection
        self.style = style
    }

    var text: String {
        var parts = [style.bold(title)]
        if inspection.isBundle {
            parts.append(inspection.certificates.map { "  \(line(of: $0))" }.joined(separator: "\n"))
        } else if let leaf = inspection.leaf {
            parts.append(facts(of: leaf))
            parts.append(tree)
        }
        parts.append(verdict)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private var title: String {
        let count = inspection.certificates.count
        let certificates = count == 1 ? "1 certificate" : "\(count) certificates"
        return "\(inspection.name): \(certificates)\(inspection.hasKey ? " and a private key" : "")"
    }

    // MARK: Facts

    private func facts(of leaf: Certificate) -> String {
        let names = leaf.subjectAlternativeNames
        var rows = [
            (
                "subject",
                leaf.hasSubject ? leaf.subject : style.dim("none, which is fine where there are names")
            ),
            ("names", names.isEmpty ? style.yellow("none") : shown(names)),
            ("issuer", leaf.isSelfSigned ? "itself" : leaf.issuer),
            (
                "valid",
                "\(CertificateText.time(leaf.notBefore)) to \(CertificateText.time(leaf.notAfter)), \(validity(of: leaf))"
            ),
            ("key", "\(leaf.publicKey.kind), sha256 \(Digest.hex(leaf.publicKey.spkiSHA256.prefix(8)))…"),
            ("signed", "\(leaf.signatureAlgorithm.name), serial \(leaf.serialHex)"),
            ("for", usages(of: leaf)),
        ]
        switch inspection.trust {
        case .notAsked: break
        case .leads(let anchor, let file):
            rows.append(("trust", "\(style.green("leads")) to \(anchor.subject) in \(file)"))
        case .fails(let file): rows.append(("trust", style.red("leads to nothing in \(file)")))
        }
        return rows.map { "  \(style.dim($0.padded(to: 8)))  \($1)" }
            .joined(separator: "\n")
    }

    /// A certificate may carry a thousand names; a screen may not.
    private func shown(_ names: [SubjectAlternativeName]) -> String {
        let most = 12
        let first = names.prefix(most).map(\.text).joined(separator: ", ")
        return names.count > most ? "\(first), … (\(names.count) in all)" : first
    }

    private func usages(of leaf: Certificate) -> String {
        let extended =
            leaf.extendedKeyUsages?.map(CertificateText.usage).joined(separator: ", ") ?? "anything"
        let bits = leaf.keyUsage.map { " (\(InspectionReport.words($0).joined(separator: ", ")))" } ?? ""
        return (leaf.isCA ? "issuing certificates: it is a CA; " : "") + extended + bits
    }

    /// `ends in 12 days`, coloured by how bad that is.
    private func validity(of certificate: Certificate) -> String {
        let now = inspection.time.secondsSinceEpoch
        if now > certificate.notAfter {
            return style.red("ended \(CertificateText.span(now - certificate.notAfter)) ago")
        }
        if now < certificate.notBefore {
            return style.red("begins in \(CertificateText.span(certificate.notBefore - now))")
        }
        let left = certificate.notAfter - now
        let text = "ends in \(CertificateText.span(left))"
        return left < 30 * 86_400 ? style.yellow(text) : text
    }

    // MARK: Chain

    /// The top first, each certificate under its issuer.
    private var tree: String {
        var rows: [(name: String, remark: String)] = []
        if let top = inspection.chain.last, !top.isSelfIssued, !isAnchor(top) {
            rows.append((top.issuer, style.dim("not here")))
        }
        for certificate in inspection.chain.reversed() {
            rows.append(
                (
                    Self.name(of: certificate),
                    "\(validity(of: certificate))\(isAnchor(certificate) ? ", trusted" : "")"
                ))
        }
        let drawn = rows.enumerated().map { depth, row in
            (
                name: depth == 0 ? row.name : String(repeating: "   ", count: depth - 1) + "└─ " + row.name,
                row.remark
            )
        }
        let width = min(60, drawn.map(\.name.count).max() ?? 0)
        var lines = drawn.map { "  \($0.name.padded(to: width))  \($0.1)" }
        let beside = inspection.certificates.filter { !inspection.chain.contains($0) }
        lines += beside.map { style.dim("  beside the chain: \(Self.name(of: $0))") }
        return lines.joined(separator: "\n")
    }

    private func isAnchor(_ certificate: Certificate) -> Bool {
        if case .leads(let anchor, _) = inspection.trust { certificate == anchor } else { false }
    }

    private func line(of certificate: Certificate) -> String {
        "\(Self.name(of: certificate)), \(certificate.publicKey.kind), \(validity(of: certificate))"
    }

    private static func name(of certificate: Certificate) -> String {
        certificate.hasSubject
            ? certificate.subject
            : certificate.subjectAlternativeNames.first?.text ?? "a certificate without names"
    }

    // MARK: Verdict

    private var verdict: String {
        let report = inspection.report
        guard !report.faults.isEmpty else { return "\(inspection.name): \(style.green("good"))\(unchecked)" }
        // Only the code at the end of a line is painted: whole lines of red are hard to read.
        return report.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasSuffix("]"), let code = line.lastIndex(of: "[") else { return String(line) }
            let isWarning = line.contains("warning: ")
            return String(line[..<code])
                + (isWarning ? style.yellow(String(line[code...])) : style.red(String(line[code...])))
        }.joined(separator: "\n")
    }

    /// What nobody asked for was not looked at, and that is said.
    private var unchecked: String {
        guard !inspection.isBundle else { return "" }
        var left: [String] = []
        if case .notAsked = inspection.trust { left.append("trust (--ca FILE)") }
        if inspection.expectation.names.isEmpty { left.append("names (--name NAME…)") }
        if inspection.expectation.usage == nil { left.append("usage (--usage server|client)") }
        return left.isEmpty ? "" : style.dim("; not checked: \(left.joined(separator: ", "))")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
