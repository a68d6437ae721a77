// SPDX-License-Identifier: Apache-2.0

/// The words of an expression.
enum ExpressionToken: Equatable, Sendable {
    case identifier(String)
    case text(String)
    case number(Int64)
    case symbol(String)

    /// Splits an expression into words. 64 kB is far beyond any match condition (etcd itself stops at 1.5 MiB).
    static func split(_ source: String) throws(ExpressionError) -> [ExpressionToken] {
        guard source.utf8.count <= 65_536 else { throw .syntax("the expression is too long") }
        let characters = Array(source)
        var tokens: [ExpressionToken] = []
        var position = 0
        while position < characters.count {
            let character = characters[position]
            if character.isWhitespace {
                position += 1
            } else if character.isLetter || character == "_" {
                let start = position
                while position < characters.count,
                    characters[position].isLetter || characters[position].isNumber
                        || characters[position] == "_"
                { position += 1 }
                tokens.append(.identifier(String(characters[start..<position])))
            } else if character.isNumber {
                let start = position
                while position < characters.count, characters[position].isNumber { position += 1 }
                guard let number = Int64(String(characters[start..<position])) else {
                    throw .syntax("bad number")
                }
                tokens.append(.number(number))
            } else if character == "\"" || character == "'" {
                tokens.append(.text(try quoted(characters, &position)))
            } else {
                let pair = position + 1 < characters.count ? String(characters[position...position + 1]) : ""
                if ["==", "!=", "&&", "||", "<=", ">="].contains(pair) {
                    tokens.append(.symbol(pair))
                    position += 2
                } else if "().,[]!<>?:{}+-*/%".contains(character) {
                    tokens.append(.symbol(String(character)))
                    position += 1
                } else {
                    throw .syntax("unexpected character '\(character)'")
                }
            }
        }
        return tokens
    }

    private static func quoted(_ characters: [Character], _ position: inout Int) throws(ExpressionError)
        -> String
    {
        let quote = characters[position]
        var text = ""
        position += 1
        while position < characters.count, characters[position] != quote {
            if characters[position] == "\\", position + 1 < characters.count {
                position += 1
                text.append(characters[position] == "n" ? "\n" : characters[position])
            } else {
                text.append(characters[position])
            }
            position += 1
        }
        guard position < characters.count else { throw .syntax("a string is not closed") }
        position += 1
        return text
    }
}
