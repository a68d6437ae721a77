// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import YAML

/// What `podmint status` tells: what stands where, and what could not be seen.
struct StatusReport {
    /// One line of the upper part: a name, and what is to be said of it.
    struct Line: Equatable {
        let topic: String
        let text: String
        /// False where it could not be seen, and `text` says why.
        var isSeen = true
    }

    var lines: [Line] = []
    var pods: [PodStanding] = []
    /// Where serials come from, or why there are none.
    var source = ""

    func rendered(as format: OutputFormat, _ style: TerminalStyle) -> String {
        switch format {
        case .json: value.indentedText
        case .yaml: YAMLWriter.write(value)
        case .text: text(style)
        }
    }

    var value: JSONValue {
        [
            "status": .array(
                lines.map {
                    ["topic": .string($0.topic), "text": .string($0.text), "seen": .bool($0.isSeen)]
                }),
            "pods": .array(
                pods.map { pod in
                    [
                        "namespace": .string(pod.namespace), "name": .string(pod.name),
                        "state": .string(pod.state.rawValue),
                        "certificates": .array(
                            pod.certificates.map {
                                [
                                    "policy": .string($0.policy), "serial": .string($0.serial),
                                    "notAfter": .string($0.notAfter.description),
                                    "issuer": .string($0.issuer),
                                ]
                            }),
                        "bundles": .array(
                            pod.bundles.compactMap(\.held).map {
                                [
                                    "policy": .string($0.policy), "digest": .string($0.digest),
                                    "current": .bool($0.isCurrent),
                                ]
                            }),
                        "mounts": .array(
                            pod.mounts.map { ["policy": .string($0.policy), "what": .string($0.what)] }),
                    ]
                }),
            "source": .string(source),
        ]
    }

    private func text(_ style: TerminalStyle) -> String {
        let width = lines.map(\.topic.count).max() ?? 0
        var text = ""
        for line in lines {
            let topic = line.topic + String(repeating: " ", count: width - line.topic.count)
            text += "\(style.bold(topic))  \(line.isSeen ? "" : style.yellow("– "))\(line.text)\n"
        }
        guard !pods.isEmpty else { return text }
        let rows =
            [["NAMESPACE", "POD", "STATE", "POLICY", "SERIAL", "EXPIRES", "BUNDLE", "ISSUER"]]
            + pods.flatMap(Self.rows)
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        text += "\n"
        for row in rows {
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "   ")
            while line.last == " " { line.removeLast() }
            text += (row[2] == PodStanding.State.missed.rawValue ? style.red(line) : line) + "\n"
        }
        return text + "\n\(source)\n"
    }

    private static func rows(of pod: PodStanding) -> [[String]] {
        let start = [pod.namespace, pod.name, pod.state.rawValue]
        let bundle = { (policy: String) in pod.bundles.first { $0.policy == policy }?.word ?? "–" }
        let issued = pod.certificates.map {
            [$0.policy, $0.serial, $0.notAfter.description, bundle($0.policy), $0.issuer]
        }
        // Issued before the audit begins that was read.
        let seen = pod.bundles.filter { held in
            held.held != nil && !pod.certificates.contains { $0.policy == held.policy }
        }.map { [$0.policy, "–", "–", $0.word, "–"] }
        let held = issued + seen + pod.mounts.map { [$0.policy, "–", "–", "–", $0.what] }
        return (held.isEmpty ? [["–", "–", "–", "–", "–"]] : held).map { start + $0 }
    }
}
