// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A match condition: the few forms of CEL that podmint's manifests use. Anything else is refused by name.
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
    case textMethod(TextMethod, Expression, Expression)
    case size(Expression)
    case less(Expression, Expression)

    enum Quantifier: String, Sendable { case exists, all }
    enum TextMethod: String, Sendable { case startsWith, endsWith, contains }

    init(parsing source: String) throws(ExpressionError) {
        var parser = ExpressionParser(tokens: try ExpressionToken.split(source))
        self = try parser.whole()
    }
}
