// SPDX-License-Identifier: Apache-2.0
internal import Policies

/// What somebody probably meant who wrote a name that cannot be one.
struct NameHint {
    let text: String

    init(_ element: String, for annotation: AnnotationName) {
        let kinds: [(kind: NameTemplate.Kind, annotation: AnnotationName)] = [
            (.ip, .ipSANs), (.uri, .uriSANs), (.dns, .sans),
        ]
        let other = kinds.first {
            $0.annotation != annotation && NameTemplate($0.kind, parsing: element) != nil
        }
        if let wrong = Self.unknownVariable(element) {
            let near = Spelling.nearest(to: wrong, among: NameVariable.allCases, by: \.rawValue)
            text =
                near.map { "There is no ${\(wrong.prefix(32))}; did you mean \($0.reference)?" }
                ?? "Variables are \(NameVariable.allCases.map(\.reference).joined(separator: " "))"
        } else if annotation == .name, element.contains(",") {
            text = "Write one name there, and the others in \(AnnotationName.sans.key)"
        } else if let other {
            text = "Write it in \(other.annotation.key)"
        } else if element.utf8.contains(where: { $0 > 0x7e }) {
            text = "Write international names as xn-- labels"
        } else {
            text = Self.example(annotation)
        }
    }

    /// The first `${NAME}` that is none.
    private static func unknownVariable(_ element: String) -> String? {
        for part in element.split(separator: "$").dropFirst(element.hasPrefix("$") ? 0 : 1)
        where part.hasPrefix("{") {
            let name = String(part.dropFirst().prefix { $0 != "}" })
            if NameVariable(rawValue: name) == nil { return name }
        }
        return nil
    }

    private static func example(_ annotation: AnnotationName) -> String {
        switch annotation {
        case .ipSANs: "Write for example 10.0.0.1 or fd00::1"
        case .uriSANs: "Write for example https://example.com/web"
        default: "Write for example web.example.com"
        }
    }
}
