// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A label selector: all requirements must hold. Both spellings, the query's text and the object's field, end here.
struct Selector: Sendable {
    enum Requirement: Sendable, Equatable {
        case isOneOf(String, [String])
        case isNoneOf(String, [String])
        case exists(String)
        case isAbsent(String)
    }

    var requirements: [Requirement]
    static let everything = Selector(requirements: [])

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isOneOf(let key, let values): labels[key].map(values.contains) ?? false
            case .isNoneOf(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .isAbsent(let key): labels[key] == nil
            }
        }
    }
}

extension Selector {
    /// `matchLabels` and `matchExpressions`. A missing selector selects nothing for controllers, all for webhooks:
    /// the caller decides before asking.
    init(_ selector: JSONValue) {
        requirements = selector.textMap("matchLabels").map { .isOneOf($0.key, [$0.value]) }
        for expression in selector.list("matchExpressions") {
            let key = expression.text("key") ?? ""
            let values = expression.list("values").compactMap(\.string)
            switch expression.text("operator") {
            case "In": requirements.append(.isOneOf(key, values))
            case "NotIn": requirements.append(.isNoneOf(key, values))
            case "Exists": requirements.append(.exists(key))
            default: requirements.append(.isAbsent(key))
            }
        }
    }

    /// `a=b,c!=d,e in (f,g),h,!i`
    init(parsing text: String) throws(APIError) {
        requirements = []
        for part in Self.split(text) {
            requirements.append(try Self.requirement(part))
        }
    }

    /// Splits at commas outside parentheses.
    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
            } else {
                part.append(character)
            }
        }
        parts.append(part)
        return parts.map { trimmed($0[...]) }.filter { !$0.isEmpty }
    }

    private static func requirement(_ part: String) throws(APIError) -> Requirement {
        if part.first == "!" { return .isAbsent(trimmed(part.dropFirst())) }
        if let open = part.firstIndex(of: "("), part.last == ")" {
            let words = part[..<open].split(separator: " ")
            let values = part[part.index(after: open)...].dropLast().split(
                separator: ",", omittingEmptySubsequences: false
            )
            .map { trimmed($0) }
            if words.count == 2, words[1] == "in" { return .isOneOf(String(words[0]), values) }
            if words.count == 2, words[1] == "notin" { return .isNoneOf(String(words[0]), values) }
            throw .badRequest("unable to parse requirement: \(part)")
        }
        if let equals = part.firstIndex(of: "=") {
            let before = part[..<equals]
            let after = part[part.index(after: equals)...].drop { $0 == "=" }
            if before.last == "!" { return .isNoneOf(trimmed(before.dropLast()), [trimmed(after)]) }
            return .isOneOf(trimmed(before), [trimmed(after)])
        }
        guard !part.contains(" ") else { throw .badRequest("unable to parse requirement: \(part)") }
        return .exists(part)
    }

    static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
