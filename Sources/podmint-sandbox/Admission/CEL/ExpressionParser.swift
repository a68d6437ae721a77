// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Recursive descent over the words; depth-bounded, since the expression comes from a manifest.
struct ExpressionParser {
    private let tokens: [ExpressionToken]
    private var position = 0
    private var depth = 0
    /// Those of the expression, then those of the macros that are open.
    private var bound: [String]

    init(tokens: [ExpressionToken], variables: [String]) {
        self.tokens = tokens
        bound = variables
    }

    mutating func whole() throws(ExpressionError) -> Expression {
        let expression = try ternary()
        guard position == tokens.count else { throw .syntax("unexpected \(describe(tokens[position]))") }
        return expression
    }

    private mutating func ternary() throws(ExpressionError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw .syntax("the expression is nested too deep") }
        let condition = try disjunction()
        guard take("?") else { return condition }
        let yes = try ternary()
        try expect(":")
        return .choose(condition, yes, try ternary())
    }

    private mutating func disjunction() throws(ExpressionError) -> Expression {
        var left = try conjunction()
        while take("||") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(ExpressionError) -> Expression {
        var left = try relation()
        while take("&&") { left = .and(left, try relation()) }
        return left
    }

    private mutating func relation() throws(ExpressionError) -> Expression {
        let left = try unary()
        if take("==") { return .equal(left, try unary()) }
        if take("!=") { return .not(.equal(left, try unary())) }
        if take("<") { return .less(left, try unary()) }
        if take(">") { return .less(try unary(), left) }
        if take("<=") { return .not(.less(try unary(), left)) }
        if take(">=") { return .not(.less(left, try unary())) }
        if case .identifier("in")? = peek {
            position += 1
            return .contains(left, in: try unary())
        }
        return left
    }

    private mutating func unary() throws(ExpressionError) -> Expression {
        if take("!") { return .not(try unary()) }
        return try postfix()
    }

    private mutating func postfix() throws(ExpressionError) -> Expression {
        var expression = try primary()
        while true {
            if take(".") {
                let name = try identifier()
                expression = take("(") ? try method(name, of: expression) : .member(expression, name)
            } else if take("[") {
                expression = .index(expression, try ternary())
                try expect("]")
            } else {
                return expression
            }
        }
    }

    private mutating func method(_ name: String, of receiver: Expression) throws(ExpressionError)
        -> Expression
    {
        if let quantifier = Expression.Quantifier(rawValue: name) {
            let (variable, body) = try macro()
            return .quantified(quantifier, receiver, variable: variable, body)
        }
        if name == "filter" {
            let (variable, body) = try macro()
            return .filter(receiver, variable: variable, body)
        }
        if let method = Expression.TextMethod(rawValue: name) {
            let argument = try ternary()
            try expect(")")
            return .textMethod(method, receiver, argument)
        }
        if name == "size" {
            try expect(")")
            return .size(receiver)
        }
        throw .unsupported("the function \(name)()")
    }

    /// `x, body)`
    private mutating func macro() throws(ExpressionError) -> (variable: String, body: Expression) {
        let variable = try identifier()
        try expect(",")
        bound.append(variable)
        let body = try ternary()
        bound.removeLast()
        try expect(")")
        return (variable, body)
    }

    private mutating func primary() throws(ExpressionError) -> Expression {
        guard let token = peek else { throw .syntax("the expression ends too early") }
        position += 1
        switch token {
        case .text(let text): return .literal(.string(text))
        case .number(let number): return .literal(.integer(number))
        case .symbol("("):
            let inner = try ternary()
            try expect(")")
            return inner
        case .symbol("["): return try listLiteral()
        case .symbol(let symbol): throw .unsupported("'\(symbol)' here")
        case .identifier("true"): return .literal(true)
        case .identifier("false"): return .literal(false)
        case .identifier("null"): return .literal(.null)
        case .identifier("has"), .identifier("size"):
            try expect("(")
            let argument = try ternary()
            try expect(")")
            if case .identifier("size") = token { return .size(argument) }
            guard case .member = argument else { throw .syntax("invalid argument to has() macro") }
            return .has(argument)
        case .identifier("duration"):
            try expect("(")
            let text = try ternary()
            try expect(")")
            return .duration(text)
        case .identifier(let name):
            if bound.contains(name) { return .variable(name) }
            throw peek == .symbol("(")
                ? .unsupported("the function \(name)()") : .unsupported("the variable \(name)")
        }
    }

    private mutating func listLiteral() throws(ExpressionError) -> Expression {
        var elements: [Expression] = []
        if take("]") { return .list([]) }
        repeat { elements.append(try ternary()) } while take(",")
        try expect("]")
        return .list(elements)
    }

    private var peek: ExpressionToken? { position < tokens.count ? tokens[position] : nil }

    private mutating func take(_ symbol: String) -> Bool {
        guard peek == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws(ExpressionError) {
        guard take(symbol) else {
            throw .syntax("expected '\(symbol)', found \(peek.map(describe) ?? "the end")")
        }
    }

    private mutating func identifier() throws(ExpressionError) -> String {
        guard case .identifier(let name)? = peek else {
            throw .syntax("expected a name, found \(peek.map(describe) ?? "the end")")
        }
        position += 1
        return name
    }

    private func describe(_ token: ExpressionToken) -> String {
        switch token {
        case .identifier(let name): "'\(name)'"
        case .text(let text): "\"\(text)\""
        case .number(let number): "\(number)"
        case .symbol(let symbol): "'\(symbol)'"
        }
    }
}
