// SPDX-License-Identifier: Apache-2.0

/// The labels of one metric: a closed set of combinations, so that nothing from outside (a pod's name, a
/// path) can grow the number of series. A case is one series.
package protocol MetricLabels: CaseIterable, Hashable, Sendable {
    /// Label names, in the order of `values`; `[a-z_]`, as Prometheus wants them.
    static var names: [String] { get }
    var values: [String] { get }
}

/// A metric of one series.
package enum NoLabels: MetricLabels {
    case only

    package static var names: [String] { [] }
    package var values: [String] { [] }
}

extension MetricLabels {
    /// `{flow="push",result="issued"}`, or nothing; `more` comes last (a histogram's `le`).
    func rendered(adding more: (name: String, value: String)? = nil) -> String {
        var pairs = zip(Self.names, values).map { "\($0)=\"\(Self.escaped($1))\"" }
        if let more { pairs.append("\(more.name)=\"\(more.value)\"") }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    /// The three escapes of a label value in the text format 0.0.4.
    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }
}
