// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A match condition of a webhook or a rule of a schema: the few forms of CEL that podmint's manifests use. Anything else is
/// refused by name.
indirect enum Expression: Equatable, Sendable {
    case literal(JSONValue)
    case variable(String)
    case member(Expression, String)
    case index(Expression, Expression)
    case has(Expression)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case equal(Expression, Expression)
    case contains(Expression, in: Expression)
    case choose(Expression, Expression, Expression)
    case list([Expression])
    case quantified(Quantifier, Expression, variable: String, Expression)
    case filter(Expression, variable: String, Expression)
    case textMethod(TextMethod, Expression, Expression)
    case size(Expression)
    case less(Expression, Expression)
    /// Its value is a number of nanoseconds, which only other durations are compared with.
    case duration(Expression)

    enum Quantifier: String, Sendable {
        case exists, all
        case existsOne = "exists_one"
    }
    enum TextMethod: String, Sendable { case startsWith, endsWith, contains, matches }

    /// What a match condition of a webhook may look at: a real API server knows `authorizer` too, and hands in no namespace.
    static let ofConditions = ["object", "oldObject", "request"]

    init(parsing source: String, variables: [String] = Self.ofConditions) throws(ExpressionError) {
        var parser = ExpressionParser(tokens: try ExpressionToken.split(source), variables: variables)
        self = try parser.whole()
    }
}
