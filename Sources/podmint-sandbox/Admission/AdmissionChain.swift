// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Admission in the API server's order: own mutating plugins, mutating webhooks, both once more where needed; then
/// the validating webhooks on what came out.
struct AdmissionChain {
    let cluster: Cluster

    func mutate(
        _ object: inout JSONValue, _ attributes: AdmissionAttributes
    ) async throws(APIError) -> [String] {
        guard !Self.isExempt(attributes.resource) else { return [] }
        try runOwnPlugins(&object, attributes)
        var pass = MutatingPass(hooks: hooks(.mutatingWebhooks))
        try await run(&pass, &object, attributes)
        guard pass.changedSomething else { return pass.warnings }
        let before = object
        try runOwnPlugins(&object, attributes)
        if object != before { pass.invokeAllAgain() }
        pass.isReinvocation = true
        try await run(&pass, &object, attributes)
        return pass.warnings
    }

    func validate(_ object: JSONValue?, _ attributes: AdmissionAttributes) async throws(APIError) -> [String]
    {
        guard !Self.isExempt(attributes.resource) else { return [] }
        var matched: [Webhook] = []
        for hook in hooks(.validatingWebhooks) {
            if try hook.matches(attributes, object, cluster) { matched.append(hook) }
        }
        guard !matched.isEmpty else { return [] }
        let invocation = WebhookInvocation(cluster: cluster)
        let answers = await withTaskGroup(of: (Int, Result<WebhookAnswer, APIError>).self) { group in
            for (index, hook) in matched.enumerated() {
                group.addTask {
                    (index, await Self.result(invocation, hook, attributes, object))
                }
            }
            var collected: [(Int, Result<WebhookAnswer, APIError>)] = []
            for await answer in group { collected.append(answer) }
            return collected.sorted { $0.0 < $1.0 }
        }
        var warnings: [String] = []
        for (_, answer) in answers { warnings += try answer.get().warnings }
        return warnings
    }

    private static func result(
        _ invocation: WebhookInvocation, _ hook: Webhook, _ attributes: AdmissionAttributes,
        _ object: JSONValue?
    ) async -> Result<WebhookAnswer, APIError> {
        do throws(APIError) {
            return .success(try await invocation.ask(hook, attributes, object))
        } catch {
            return .failure(error)
        }
    }

    private func run(
        _ pass: inout MutatingPass, _ object: inout JSONValue, _ attributes: AdmissionAttributes
    ) async throws(APIError) {
        let invocation = WebhookInvocation(cluster: cluster)
        for hook in pass.due {
            guard try hook.matches(attributes, object, cluster) else { continue }
            let answer = try await invocation.ask(hook, attributes, object)
            pass.warnings += answer.warnings
            var changed = object
            if let patch = answer.patch { changed = try invocation.apply(patch, of: hook, to: object) }
            if changed != object {
                // Unknown fields of a patch are dropped in silence.
                _ = try StrictFields.apply(to: &changed, attributes.resource, mode: "Ignore")
                ObjectDefaults.apply(to: &changed, attributes.resource)
            }
            pass.record(hook, didChange: changed != object)
            object = changed
        }
    }

    private func runOwnPlugins(_ object: inout JSONValue, _ attributes: AdmissionAttributes) throws(APIError)
    {
        guard attributes.resource == .pods, attributes.operation == .create, attributes.subresource.isEmpty
        else {
            return
        }
        try ServiceAccountAdmission(store: cluster.store, surroundings: cluster.surroundings)
            .admit(&object, namespace: attributes.namespace)
        var tolerations = object.list("spec", "tolerations")
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
        where !tolerations.contains(where: { $0.text("key") == key }) {
            tolerations.append(
                ["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300])
        }
        object.put(.array(tolerations), "spec", "tolerations")
        // What the priority plugin does where nobody defines a PriorityClass.
        object.putDefault("PreemptLowerPriority", "spec", "preemptionPolicy")
        object.putDefault(0, "spec", "priority")
    }

    /// Sorted by configuration name, then as listed.
    private func hooks(_ resource: Resource) -> [Webhook] {
        cluster.store.list(resource).flatMap { configuration in
            configuration.list("webhooks").map { Webhook(configuration: configuration.name, $0) }
        }
    }

    /// A webhook may not stand in the way of its own removal.
    private static func isExempt(_ resource: Resource) -> Bool {
        resource == .mutatingWebhooks || resource == .validatingWebhooks
    }
}

/// Which mutating webhooks are still to be called: all once, then those that asked for it and missed a change.
struct MutatingPass {
    private let hooks: [Webhook]
    private var called: Set<String> = []
    private var again: Set<String> = []
    var isReinvocation = false
    private(set) var changedSomething = false
    var warnings: [String] = []

    init(hooks: [Webhook]) { self.hooks = hooks }

    var due: [Webhook] { isReinvocation ? hooks.filter { again.contains($0.id) } : hooks }

    mutating func record(_ hook: Webhook, didChange: Bool) {
        if didChange {
            changedSomething = true
            again.formUnion(called)
        }
        if hook.wantsReinvocation, !isReinvocation { called.insert(hook.id) }
    }

    /// An own plugin changed the object after the webhooks saw it.
    mutating func invokeAllAgain() { again.formUnion(called) }
}
