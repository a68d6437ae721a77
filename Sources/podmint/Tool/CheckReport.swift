// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import Validation
internal import YAML

enum OutputFormat: String, CaseIterable {
    case text, json, yaml
}

/// What `podmint check` found in some objects, and how it is told.
struct CheckReport {
    private(set) var faults: [Fault] = []
    /// One line for each object that was looked at and found good.
    private(set) var good: [String] = []
    /// One line for each object that this version has no rules for: never left out silently.
    private(set) var notes: [String] = []

    init(checking documents: [ManifestFiles.Document], at time: Timestamp) throws(ToolFailure) {
        for document in documents { try check(document, at: time) }
    }

    var isValid: Bool { FaultReport(faults).isValid }

    func rendered(as format: OutputFormat) -> String {
        let report = FaultReport(faults)
        switch format {
        case .json: return report.value.indentedText
        case .yaml: return YAMLWriter.write(report.value)
        case .text:
            let lines = good + (report.faults.isEmpty ? [] : [report.text]) + notes
            return (lines.isEmpty ? ["nothing to check: there is no object in the input"] : lines)
                .joined(separator: "\n") + "\n"
        }
    }

    private mutating func check(_ document: ManifestFiles.Document, at time: Timestamp) throws(ToolFailure) {
        guard let kind = document.object["kind"]?.string, !kind.isEmpty else {
            throw .failed(
                "\(document.source) holds a document without a kind",
                hint: "each has apiVersion, kind and metadata")
        }
        let title = Self.title(kind, document.object)
        let json: JSONDocument
        do {
            json = try JSONDocument(document.object.serialized())
        } catch {
            throw .failed(
                "\(title) in \(document.source): \(error)",
                hint: "see what kubectl apply --dry-run=client says of it")
        }
        if let found = PolicyCheck.faults(of: json.root) {
            if found.isEmpty { good.append("\(title): good") }
            faults += found
            return
        }
        guard kind == "Secret" else {
            notes.append(
                "\(title): nothing to check in this version (Secrets with certificates, TLSPolicies and ClusterAuthorities are checked)"
            )
            return
        }
        guard SecretMaterial.isInScope(json.root) else {
            notes.append(
                "\(title): nothing to check (no certificate: neither type kubernetes.io/tls, nor tls.crt, nor ca.key)"
            )
            return
        }
        let decision = ValidationModeDecision(secret: json.root, namespaceLabels: [:])
        if let warning = decision.warning { notes.append("\(title): \(warning)") }
        if decision.mode == .off {
            notes.append("\(title): checked here, though its annotation turns admission's check off")
        }
        let found = SecretValidator.validate(SecretMaterial(of: json.root), at: time).faults
        if found.isEmpty { good.append("\(title): good") }
        faults += found
    }

    /// `Secret shop/web-tls`
    private static func title(_ kind: String, _ object: JSONValue) -> String {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.string ?? metadata?["generateName"]?.string ?? "(without a name)"
        let space = metadata?["namespace"]?.string.map { "\($0)/" } ?? ""
        return "\(kind) \(space)\(name)"
    }
}
