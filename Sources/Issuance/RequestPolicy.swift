// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies

/// What a CSR may ask for: nothing but names that were decided for the pod anyway. It gives only a key; names in
/// it are a wish, and one that is not allowed is denied, never dropped.
package enum RequestPolicy {
    /// Nil when every name asked for is allowed.
    static func refusal(
        asking names: [SubjectAlternativeName], decided: NameDecision, pod: String
    ) -> Refusal? {
        guard names.count <= NameDecision.maximumNames else {
            return .badRequest(
                "the request asks for \(names.count) names; at most \(NameDecision.maximumNames) are possible",
                hint: "leave the names out: podmint knows the pod's names")
        }
        let allowed = Set(decided.names.map(normalised))
        let forbidden = names.filter { !allowed.contains(normalised($0)) }
        guard !forbidden.isEmpty else { return nil }
        let asked = forbidden.map { "\"\(printable($0.text))\"" }.joined(separator: ", ")
        let own = decided.allowed.prefix(8).map(\.name.text).joined(separator: ", ")
        let more = decided.allowed.count > 8 ? " and \(decided.allowed.count - 8) more" : ""
        return .forbidden(
            .forbiddenName, "\(pod) may not have \(asked); its names are \(own)\(more)",
            hint: "leave names out of the request, or give the pod the name: a Service that selects it")
    }

    /// Compares as names are compared: without regard to case, one trailing dot forgiven.
    private static func normalised(_ name: SubjectAlternativeName) -> SubjectAlternativeName {
        guard case .dns(let text) = name else { return name }
        return .dns(AskedNameRules.normalised(text))
    }

    /// A peer's text in our answer and log: bounded, and without anything that moves a terminal's cursor.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(253).map { $0.value < 0x20 || $0.value == 0x7f ? "." : $0 }))
    }
}
