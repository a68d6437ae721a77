// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
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

    /// All documents together are taken for the cluster: a Deployment is held against the Services and Secrets beside it.
    /// `namespace` is for objects that name none.
    init(
        checking documents: [ManifestFiles.Document], at time: Timestamp, namespace: String = "default",
        clusterDomain: String = InstallOptions().clusterDomain
    ) throws(ToolFailure) {
        let facts = ManifestFacts(documents.map(\.object), namespace: namespace)
        let review = CertificateReview(
            facts: facts, clusterDomain: clusterDomain, trustDomain: clusterDomain, clock: { time })
        for document in documents { try check(document, at: time, namespace, facts, review) }
    }

    init(_ live: LiveSecretCheck) {
        faults = live.report.faults
        good = faults.isEmpty ? ["\(live.title): good"] : []
        notes = live.notes
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

    private mutating func check(
        _ document: ManifestFiles.Document, at time: Timestamp, _ namespace: String, _ facts: ManifestFacts,
        _ review: CertificateReview
    ) throws(ToolFailure) {
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
        let space = document.object["metadata"]?["namespace"]?.string ?? namespace
        if let found = PolicyCheck.faults(of: json.root, in: space, review.clusterNames, facts) {
            if found.isEmpty { good.append("\(title): good") }
            faults += found
            return
        }
        let workload = ManifestReview(
            json.root, kind: kind, title: title, namespace: space, context: Self.context(facts),
            labels: facts.labels(ofNamespace: space), certificates: review)
        if let workload {
            if workload.faults.isEmpty { good.append("\(title): good") }
            tell(workload.faults)
            notes += workload.notes.map { "\(title): \(Self.offline($0))" }
            return
        }
        guard kind == "Secret" else {
            notes.append("\(title): nothing to check (\(Self.reason(kind)))")
            return
        }
        guard SecretMaterial.isInScope(json.root) else {
            notes.append(
                "\(title): nothing to check (no certificate: neither type kubernetes.io/tls, nor tls.crt, nor ca.key)"
            )
            return
        }
        let decision = review.decision(
            on: json.root, named: document.object["metadata"]?["name"]?.string ?? "", in: space,
            facts.labels(ofNamespace: space))
        if let warning = decision.warning { notes.append("\(title): \(warning)") }
        if decision.mode == .off {
            notes.append("\(title): checked here, though admission's check of it is turned off")
        }
        let material = SecretMaterial(of: json.root, namespace: namespace)
        let all = SecretValidator.validate(material, at: time).faults
        // A workload before it may have told all that is wrong with it: that does not make it good.
        if all.isEmpty { good.append("\(title): good") }
        tell(decision.mode == .enforce ? all : all.map(\.asWarning))
    }

    /// What is wrong with a Secret is found again for each workload that uses it: it is said once, as an error where any
    /// of them would be refused for it.
    private mutating func tell(_ found: [Fault]) {
        for fault in found {
            let mild = fault.asWarning
            let told = faults.firstIndex { $0.code == fault.code && $0.asWarning == mild }
            guard let told else {
                faults.append(fault)
                continue
            }
            if fault.severity == .error { faults[told] = fault }
        }
    }

    /// Enough to decide by; nothing of it is told.
    private static func context(_ facts: ManifestFacts) -> InjectionContext {
        InjectionContext(
            agentImage: InstallOptions().agentImage, server: "https://podmint.podmint-system.svc:8444",
            policies: facts.catalog, userSecret: facts.userSecret)
    }

    private static func offline(_ note: String) -> String {
        note.replacing(
            "does not exist yet; it is checked when it is applied",
            with: "is not among these files, so nothing can be said of its certificate")
    }

    private static func reason(_ kind: String) -> String {
        let makesPods = WorkloadKind(rawValue: kind) != nil || kind == "Pod"
        return makesPods
            ? "it has no podmint.dev annotation"
            : "Secrets with certificates, workloads, pods, TLSPolicies and ClusterAuthorities are checked"
    }

    /// `Secret shop/web-tls`
    private static func title(_ kind: String, _ object: JSONValue) -> String {
        let metadata = object["metadata"]
        let name = metadata?["name"]?.string ?? metadata?["generateName"]?.string ?? "(without a name)"
        let space = metadata?["namespace"]?.string.map { "\($0)/" } ?? ""
        return "\(kind) \(space)\(name)"
    }
}
