// SPDX-License-Identifier: Apache-2.0

/// Patterns of schemas and of CEL's `matches()`: found anywhere in a text unless they say otherwise.
///
/// An API server reads them with RE2. What Swift reads differently (nothing that podmint's manifests use) counts as not
/// matching.
enum TextPattern {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex.matchingSemantics(.unicodeScalar)) != nil
    }

    static func isReadable(_ pattern: String) -> Bool { (try? Regex(pattern)) != nil }
}
