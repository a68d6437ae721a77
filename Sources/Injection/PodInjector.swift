// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesAPI
internal import Policies
internal import SigningProtocol

/// What becomes of a pod.
package enum InjectionDecision: Sendable {
    /// The patch (a JSON Patch, RFC 6902, as text) mends the differences.
    case inject(patch: [UInt8], differences: [PodDifference], warnings: [String])
    /// It asks for nothing, or has it all.
    case unchanged(warnings: [String])
    case skip(SkipReason)
    /// Every fault, so that one answer suffices.
    case refuse([Refusal])
}

/// Pods that are admitted without a certificate although they ask for one.
package enum SkipReason: Hashable, Sendable {
    case mirror
    case windows

    /// Nil where nobody would want to hear of it: the kubelet writes mirror pods by itself.
    package var warning: String? {
        switch self {
        case .mirror: nil
        case .windows:
            "podmint: this is a Windows pod, which gets no certificate: the agent runs on Linux only"
        }
    }
}

/// Decides from a pod and its context alone.
package enum PodInjector {
    /// Which containers of a pod are looked at.
    package enum Scope: Sendable {
        case everyContainer
        /// Those that `podmint.dev/status` names: what came after podmint saw the pod was not asked for.
        case recordedContainers
    }

    /// Whether a pod has any annotation of podmint's; for others only a policy's selector can ask.
    package static func concerns(_ pod: PodView) -> Bool {
        pod.metadata.hasAnnotation(prefixed: AnnotationName.prefix)
    }

    package static func decide(
        _ pod: PodView, _ context: InjectionContext, scope: Scope = .everyContainer
    ) -> InjectionDecision {
        let annotations = pod.metadata.annotations(prefixed: AnnotationName.prefix)
        // Without a spec it is no pod: the API server, which validates after webhooks ran, says so better.
        guard !annotations.isEmpty || context.selectsByLabel, pod.spec?.isObject == true else {
            return .unchanged(warnings: [])
        }
        let parsed = AnnotationParser(annotations)
        guard parsed.choice != .optOut else { return .unchanged(warnings: []) }
        if pod.isMirror { return .skip(.mirror) }

        var wish = parsed.wish
        let selection = PolicySelection(wish, parsed.choice, pod, context)
        let isAsked = selection.isAsked
        var faults = parsed.faults
        if isAsked {
            faults += selection.faults
            faults += unknownContainers(&wish, in: pod) + otherObstacles(wish, pod, context)
        }
        // A hint that anyone can forge, used for leniency only.
        let isControlled = pod.metadata.isControlled
        let refusals = isControlled ? faults.filter { !$0.code.hasFallback } : faults
        if isAsked && pod.isWindows { return refusals.isEmpty ? .skip(.windows) : .refuse(refusals) }

        var warnings = isControlled ? faults.filter(\.code.hasFallback).map(\.warning) : []
        guard isAsked else {
            guard refusals.isEmpty else { return .refuse(refusals) }
            if let detail = parsed.details.first, faults.isEmpty {
                warnings.append("\(detail.key) has no effect without podmint.dev/inject: \"true\"")
            }
            return .unchanged(warnings: warnings)
        }
        let recorded = scope == .recordedContainers ? InjectionStatus.recorded(pod) : nil
        let plan = InjectionPlan(selection.certificates, wish, pod, context, recorded: recorded?.containers)
        let obstacles = refusals + plan.obstacles(in: pod)
        guard obstacles.isEmpty else { return .refuse(obstacles) }
        let repair = PodRepair(pod, to: plan, context)
        warnings += plan.warnings
        guard let patch = repair.patch else { return .unchanged(warnings: warnings) }
        var differences = repair.differences
        let policies = plan.certificates.map(\.policy.text)
        if let recorded, recorded.policies != policies {
            differences.insert(.policiesChanged(from: recorded.policies, to: policies), at: 0)
        }
        return .inject(patch: patch, differences: differences, warnings: warnings)
    }

    /// Names in `containers` that the pod does not have; the wish goes on with those it has, or with all.
    private static func unknownContainers(_ wish: inout CertificateWish, in pod: PodView) -> [Refusal] {
        guard let wanted = wish.containers else { return [] }
        let present = InjectionPlan.others(pod).map(\.name)
        let unknown = wanted.filter { !present.contains($0) }
        let known = wanted.filter(present.contains)
        wish.containers = known.isEmpty ? nil : known
        let shown = present.prefix(10).map { String($0.prefix(63)) }.joined(separator: ", ")
        return unknown.prefix(AnnotationParser.mostFaults).map { name in
            let near = Spelling.nearest(to: name, among: present, by: \.self)
            return Refusal(
                code: .unknownContainer, field: AnnotationName.field(AnnotationName.containers.rawValue),
                problem:
                    "\(AnnotationName.containers.key) names \"\(name.prefix(63))\", and the pod has no such container",
                fix: near.map { "Did you mean \($0)?" } ?? "It has: \(shown)")
        }
    }

    private static func otherObstacles(
        _ wish: CertificateWish, _ pod: PodView, _ context: InjectionContext
    ) -> [Refusal] {
        var faults: [Refusal] = []
        if let namespace = pod.metadata.namespace, namespace != context.namespace, !context.namespace.isEmpty
        {
            faults.append(
                Refusal(
                    code: .namespaceMismatch, field: "metadata.namespace",
                    problem: "the pod says namespace \(namespace), the request says \(context.namespace)",
                    fix: "Send it to its own namespace"))
        }
        if wish.owner?.user == 0, context.enforcesRestricted {
            faults.append(
                Refusal(
                    code: .rootOwner, field: AnnotationName.field(AnnotationName.owner.rawValue),
                    problem:
                        "\(AnnotationName.owner.key) is 0, and namespace \(context.namespace) enforces Pod Security \"restricted\", where no container runs as root",
                    fix: "Name the user that the app runs as"))
        }
        return faults
    }
}
