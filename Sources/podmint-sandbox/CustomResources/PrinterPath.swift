// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The JSONPath of a printer column, as far as columns use it: members, indexes and `[?(@.a=="b")]`.
struct PrinterPath: Sendable {
    private enum Step: Sendable {
        case member(String)
        case index(Int)
        case filter(member: String, equals: String)
    }

    private var steps: [Step] = []

    /// Nil for what the sandbox does not read; a real API server reads all of JSONPath.
    init?(_ text: String) {
        var rest = text[...]
        while !rest.isEmpty {
            guard let step = Self.step(&rest) else { return nil }
            steps.append(step)
        }
    }

    func value(in object: JSONValue) -> JSONValue? {
        steps.reduce(Optional(object)) { value, step in
            switch step {
            case .member(let name): value?.find(name)
            case .index(let index): value?[index]
            case .filter(let member, let wanted): value?.array?.first { $0.text(member) == wanted }
            }
        }
    }

    private static func step(_ rest: inout Substring) -> Step? {
        if rest.hasPrefix("[?(@."), let end = rest.firstRange(of: ")]") {
            let parts = rest[..<end.lowerBound].dropFirst("[?(@.".count).split(separator: "==", maxSplits: 1)
            rest = rest[end.upperBound...]
            guard parts.count == 2, let quote = parts[1].first, "\"'".contains(quote), parts[1].last == quote
            else {
                return nil
            }
            return .filter(member: String(parts[0]), equals: String(parts[1].dropFirst().dropLast()))
        }
        if rest.first == "[", let end = rest.firstIndex(of: "]"), let index = Int(rest[..<end].dropFirst()) {
            rest = rest[rest.index(after: end)...]
            return .index(index)
        }
        guard rest.first == "." else { return nil }
        rest = rest.dropFirst()
        let name = rest.prefix { $0 != "." && $0 != "[" }
        rest = rest[name.endIndex...]
        return name.isEmpty ? nil : .member(String(name))
    }
}
