// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// Reads variables and collects what is wrong with them. An empty value counts as not set, as in most shells' habits.
struct EnvironmentReader {
    private let environment: [String: String]
    private(set) var faults: [String] = []
    /// Which certificate's variables are read, counted from 0.
    var index = 0

    init(environment: [String: String]) { self.environment = environment }

    func text(_ variable: AgentEnvironment) -> String? {
        guard let value = environment[name(variable)], !value.isEmpty else { return nil }
        return value
    }

    mutating func required<Value>(_ variable: AgentEnvironment, _ wanted: String, _ parse: (String) -> Value?)
        -> Value?
    {
        guard text(variable) != nil else {
            refuse("\(name(variable)) is not set; wanted \(wanted)")
            return nil
        }
        return optional(variable, wanted, parse)
    }

    mutating func optional<Value>(_ variable: AgentEnvironment, _ wanted: String, _ parse: (String) -> Value?)
        -> Value?
    {
        guard let text = text(variable) else { return nil }
        guard let value = parse(text) else {
            refuse("\(name(variable)) is \"\(text.prefix(80))\"; wanted \(wanted)")
            return nil
        }
        return value
    }

    mutating func refuse(_ fault: String) { faults.append(fault) }

    /// One, and those behind it without a gap for which any variable is set.
    var certificateCount: Int {
        var reader = self
        for index in 1..<AgentEnvironment.mostCertificates {
            reader.index = index
            let isThere = AgentEnvironment.allCases.contains { $0.isPerCertificate && reader.text($0) != nil }
            if !isThere { return index }
        }
        return AgentEnvironment.mostCertificates
    }

    static let pathWanted = "an absolute path"

    static func path(_ text: String) -> String? {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.count < 4096 ? text : nil
    }

    private func name(_ variable: AgentEnvironment) -> String { variable.name(ofCertificate: index) }
}
