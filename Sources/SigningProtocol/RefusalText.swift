// SPDX-License-Identifier: Apache-2.0

/// The body of every answer but 200: one line of what is wrong, one `hint:` of what to try.
package struct RefusalText: Hashable, Sendable {
    package let message: String
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// Reads a peer's text for showing to a person: two lines at most, control characters replaced, each line
    /// cut at 512 characters. Never fails; an empty body gives an empty message.
    package init(parsing text: String) {
        let lines = text.prefix(ProtocolLimits.refusalBytes).split(whereSeparator: \.isNewline).map(
            Self.printable)
        message = lines.first ?? ""
        hint = lines.dropFirst().first { $0.hasPrefix(Self.hintPrefix) }.map {
            String($0.dropFirst(Self.hintPrefix.count))
        }
    }

    package var text: String {
        guard let hint else { return message + "\n" }
        return "\(message)\n\(Self.hintPrefix)\(hint)\n"
    }

    private static let hintPrefix = "hint: "

    private static func printable(_ line: Substring) -> String {
        String(
            String.UnicodeScalarView(
                line.unicodeScalars.prefix(512).map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
