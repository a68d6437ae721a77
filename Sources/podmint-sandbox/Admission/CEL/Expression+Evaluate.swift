// SPDX-License-Identifier: Apache-2.0
internal import JSON

extension Expression {
    /// The value for these variables. As in CEL, `&&` and `||` swallow an error that the other side decides.
    func evaluate(_ variables: [String: JSONValue]) throws(ExpressionError) -> JSONValue {
        switch self {
        case .literal(let value): return value
        case .variable(let name):
            guard let value = variables[name] else { throw .evaluation("no such attribute: \(name)") }
            return value
        case .member(let base, let name):
            guard let value = try base.evaluate(variables).object?[name] else {
                throw .evaluation("no such key: \(name)")
            }
            return value
        case .index(let base, let index):
            return try element(base.evaluate(variables), index.evaluate(variables))
        case .has(let inner):
            guard case .member(let base, let name) = inner else { return false }
            return .bool(try base.evaluate(variables).object?[name] != nil)
        case .not(let inner): return .bool(!(try inner.decide(variables)))
        case .and(let left, let right): return .bool(try Self.decide(left, right, variables, stopping: false))
        case .or(let left, let right): return .bool(try Self.decide(left, right, variables, stopping: true))
        case .equal(let left, let right):
            return .bool(try left.evaluate(variables) == right.evaluate(variables))
        case .contains(let value, let collection):
            let value = try value.evaluate(variables)
            let found = try collection.evaluate(variables)
            if let list = found.array { return .bool(list.contains(value)) }
            guard let map = found.object, let key = value.string else {
                throw .evaluation("no such overload: in")
            }
            return .bool(map[key] != nil)
        case .choose(let condition, let yes, let no):
            return try condition.decide(variables) ? yes.evaluate(variables) : no.evaluate(variables)
        case .list(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try element.evaluate(variables)) }
            return .array(values)
        case .quantified(let quantifier, let range, let variable, let body):
            return .bool(try quantify(quantifier, range, variable, body, variables))
        case .filter(let range, let variable, let body):
            var kept: [JSONValue] = []
            for value in try Self.values(of: range.evaluate(variables), "filter") {
                var inner = variables
                inner[variable] = value
                if try body.decide(inner) { kept.append(value) }
            }
            return .array(kept)
        case .duration(let text):
            guard let text = try text.evaluate(variables).string, let duration = GoDuration.nanoseconds(text)
            else {
                throw .evaluation("type conversion error from 'string' to 'google.protobuf.Duration'")
            }
            return .integer(duration)
        case .textMethod(let method, let receiver, let argument):
            guard let text = try receiver.evaluate(variables).string,
                let part = try argument.evaluate(variables).string
            else { throw .evaluation("no such overload: \(method.rawValue)") }
            return switch method {
            case .startsWith: .bool(text.hasPrefix(part))
            case .endsWith: .bool(text.hasSuffix(part))
            case .contains: .bool(part.isEmpty || text.contains(part))
            case .matches: .bool(TextPattern.matches(part, text))
            }
        case .size(let inner):
            switch try inner.evaluate(variables) {
            case .string(let text): return .integer(Int64(text.unicodeScalars.count))
            case .array(let list): return .integer(Int64(list.count))
            case .object(let map): return .integer(Int64(map.count))
            default: throw .evaluation("no such overload: size")
            }
        case .less(let left, let right):
            guard let left = try left.evaluate(variables).integer,
                let right = try right.evaluate(variables).integer
            else { throw .evaluation("no such overload: _<_") }
            return .bool(left < right)
        }
    }

    /// A value that must be true or false.
    func decide(_ variables: [String: JSONValue]) throws(ExpressionError) -> Bool {
        guard let value = try evaluate(variables).bool else { throw .evaluation("no such overload") }
        return value
    }

    private static func decide(
        _ left: Expression, _ right: Expression, _ variables: [String: JSONValue], stopping: Bool
    ) throws(ExpressionError) -> Bool {
        let first: Result<Bool, ExpressionError> = Result { () throws(ExpressionError) in
            try left.decide(variables)
        }
        if case .success(stopping) = first { return stopping }
        let second = try right.decide(variables)
        if second == stopping { return stopping }
        return try first.get()
    }

    private func element(_ base: JSONValue, _ index: JSONValue) throws(ExpressionError) -> JSONValue {
        if let key = index.string, let value = base.object?[key] { return value }
        if let list = base.array, let at = index.integer, at >= 0, at < list.count { return list[Int(at)] }
        throw .evaluation("no such key: \(index.text)")
    }

    private func quantify(
        _ quantifier: Quantifier, _ range: Expression, _ variable: String, _ body: Expression,
        _ variables: [String: JSONValue]
    ) throws(ExpressionError) -> Bool {
        var failure: ExpressionError?
        var count = 0
        for value in try Self.values(of: range.evaluate(variables), quantifier.rawValue) {
            var inner = variables
            inner[variable] = value
            do throws(ExpressionError) {
                let holds = try body.decide(inner)
                if holds { count += 1 }
                switch quantifier {
                case .exists where holds: return true
                case .all where !holds: return false
                default: break
                }
            } catch {
                // Only exists_one has to know of every element.
                guard quantifier != .existsOne else { throw error }
                failure = error
            }
        }
        if let failure { throw failure }
        return quantifier == .existsOne ? count == 1 : quantifier == .all
    }

    /// The elements of a list, or the keys of a map.
    private static func values(of range: JSONValue, _ macro: String) throws(ExpressionError) -> [JSONValue] {
        switch range {
        case .array(let list): return list
        case .object(let map): return map.map { .string($0.key) }
        default: throw .evaluation("no such overload: \(macro)")
        }
    }
}
