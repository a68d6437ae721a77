// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// `metadata.name=x,spec.nodeName!=y`: paths of scalars, compared as text; a missing field is the empty text.
struct FieldSelector: Sendable {
    private struct Term: Sendable {
        let path: [String]
        let value: String
        let isEqual: Bool
    }

    private let terms: [Term]
    static let everything = FieldSelector(terms: [])

    private init(terms: [Term]) { self.terms = terms }

    init(parsing text: String, for resource: Resource) throws(APIError) {
        var terms: [Term] = []
        for part in text.split(separator: ",") {
            guard let equals = part.firstIndex(of: "=") else {
                throw .badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
            }
            var field = part[..<equals]
            let isEqual = field.last != "!"
            if !isEqual { field = field.dropLast() }
            guard Self.supported(String(field), resource) else {
                throw .badRequest("field label not supported: \(field)")
            }
            let value = part[part.index(after: equals)...].drop { $0 == "=" }
            terms.append(
                Term(
                    path: field.split(separator: ".").map(String.init), value: String(value), isEqual: isEqual
                ))
        }
        self.terms = terms
    }

    func matches(_ object: JSONValue) -> Bool {
        terms.allSatisfy { term in
            let found: String =
                switch object.find(term.path[...]) {
                case .string(let text): text
                case .bool(let value): value ? "true" : "false"
                case .integer(let value): String(value)
                default: ""
                }
            return (found == term.value) == term.isEqual
        }
    }

    private static func supported(_ field: String, _ resource: Resource) -> Bool {
        if field == "metadata.name" || (field == "metadata.namespace" && resource.isNamespaced) {
            return true
        }
        return switch resource.kind {
        case "Pod":
            [
                "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
            ].contains(field)
        case "Secret": field == "type"
        case "Namespace": field == "status.phase"
        case "Node": field == "spec.unschedulable"
        case "Job": field == "status.successful"
        case "CertificateSigningRequest": field == "spec.signerName"
        case "Event":
            field.hasPrefix("involvedObject.")
                || ["reason", "source", "type", "reportingComponent"].contains(field)
        default: false
        }
    }
}
