// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Injection
internal import JSON
internal import KubernetesAPI

/// Manifests as they would be admitted: the webhook's own code, with what the manifests say of their namespaces.
struct ManifestInjection {
    struct Result {
        let before: JSONValue
        let patch: JSONPatch
        let after: JSONValue
    }

    private(set) var results: [Result] = []
    /// For people, each with the object's name before it.
    private(set) var warnings: [String] = []
    private(set) var refusals: [String] = []

    /// `namespace` is for objects that name none, as with kubectl.
    init(
        _ documents: [ManifestFiles.Document], _ context: InjectionContext, namespace: String
    ) throws(ToolFailure) {
        let facts = ManifestFacts(documents.map(\.object), namespace: namespace)
        for document in documents {
            guard let template = WorkloadTemplate(in: document.object) else {
                results.append(Result(before: document.object, patch: JSONPatch(), after: document.object))
                continue
            }
            var context = context
            context.namespace = template.namespace ?? namespace
            let labels = facts.labels(ofNamespace: context.namespace)
            context.enforcesRestricted = labels.enforcesRestricted
            context.selectsByLabel = labels.selectsByPolicy
            context.policies = facts.catalog
            context.userSecret = facts.userSecret
            let patch = try decide(template, context, labels)
            results.append(try Self.apply(patch, to: document.object, template.name))
        }
    }

    private mutating func decide(
        _ template: WorkloadTemplate, _ context: InjectionContext, _ labels: NamespaceLabels
    ) throws(ToolFailure) -> JSONPatch {
        let document: JSONDocument
        do { document = try JSONDocument(template.pod.serialized()) } catch {
            throw .failed("\(template.name): \(error)", hint: "podmint reads what an API server reads")
        }
        let pod = PodView(document.root)
        guard PodInjector.concerns(pod) || labels.selectsByPolicy else { return JSONPatch() }
        guard labels.optsIn else {
            warn(
                template,
                ["namespace \(context.namespace) is not labelled podmint.dev/injection: enabled; untouched"])
            return JSONPatch()
        }
        switch PodInjector.decide(pod, context) {
        case .inject(let patch, _, let warnings):
            warn(template, warnings)
            do { return try JSONPatch(parsing: JSONValue(parsing: patch)).moved(under: template.path) } catch
            {
                preconditionFailure("a patch was made that cannot be read: \(error)")
            }
        case .unchanged(let warnings): warn(template, warnings)
        case .skip(let reason): warn(template, [reason.warning].compactMap(\.self))
        case .refuse(let faults): refusals += faults.map { "\(template.name): \($0.text)" }
        }
        return JSONPatch()
    }

    private mutating func warn(_ template: WorkloadTemplate, _ texts: [String]) {
        warnings += texts.map { "\(template.name): \($0)" }
    }

    private static func apply(_ patch: JSONPatch, to object: JSONValue, _ name: String) throws(ToolFailure)
        -> Result
    {
        do {
            return Result(before: object, patch: patch, after: try patch.applied(to: object, .likeAPIServer))
        } catch {
            throw .failed(
                "\(name): the patch does not apply: \(error)", hint: "the manifest is not what its kind says")
        }
    }
}

extension NamespaceLabels {
    /// What nobody knows is taken for opted in, or nothing could be tried without a Namespace beside it.
    fileprivate var optsIn: Bool {
        guard case .known = self else { return true }
        return ["enabled", "policies"].contains(self["podmint.dev/injection"])
    }
}
