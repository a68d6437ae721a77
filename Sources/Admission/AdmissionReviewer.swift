// SPDX-License-Identifier: Apache-2.0
package import Buffers
package import Injection
package import JSON
internal import KubernetesAPI

/// The paths that the API server calls.
package enum AdmissionEndpoint: String, CaseIterable, Sendable {
    case mutatePods = "/mutate/pods"
    case validatePods = "/validate/pods"
    case validateSecrets = "/validate/secrets"
    case validateWorkloads = "/validate/workloads"
    case validatePolicies = "/validate/policies"

    var resources: [AdmissionRequest.Resource] {
        switch self {
        case .mutatePods, .validatePods: [.pods]
        case .validateSecrets: [.secrets]
        case .validateWorkloads: WorkloadKind.allCases.map(\.resource)
        case .validatePolicies: [.tlsPolicies, .clusterAuthorities]
        }
    }
}

/// An answer to be sent, and what to count and log of it; nothing of the object itself.
package struct AdmissionAnswer: Sendable {
    package enum Outcome: String, CaseIterable, Sendable {
        case allowed, patched, denied, malformed
        /// Of a namespace in `audit`: nothing was changed or refused.
        case wouldPatch = "would-patch"
        case wouldDeny = "would-deny"
        /// Allowed, as a path or a kind that only another version serves.
        case unknown
    }

    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    package let outcome: Outcome
    /// Empty when the review could not be read.
    package let uid: String
    package let operation: String
    package let namespace: String
    /// `name`, or `generateName` and an ellipsis.
    package let name: String
    package let isDryRun: Bool
    /// The whole reason of a denial or of a 400; for the log.
    package let reason: String?
}

/// From the bytes of an AdmissionReview to the bytes of its answer: no I/O, no side effects, whatever comes in.
package struct AdmissionReviewer: Sendable {
    private let injection: @Sendable () -> InjectionContext
    private let facts: any ClusterFacts
    private let certificates: CertificateReview
    private let references: any PolicyReferences

    /// `injection` is asked for each pod that asks for a certificate, since trust and addresses change while serving.
    package init(
        injection: @escaping @Sendable () -> InjectionContext, facts: any ClusterFacts,
        certificates: CertificateReview, references: any PolicyReferences
    ) {
        self.injection = injection
        self.facts = facts
        self.certificates = certificates
        self.references = references
    }

    package func answer(_ endpoint: AdmissionEndpoint, _ body: ByteBuffer, parser: JSONParser)
        -> AdmissionAnswer
    {
        do {
            return answer(endpoint, try parser.parse(body))
        } catch {
            return Self.malformed("the body is no JSON that can be read: \(error)")
        }
    }

    package func answer(_ endpoint: AdmissionEndpoint, _ document: JSONDocument) -> AdmissionAnswer {
        do {
            let request = try AdmissionRequest(of: document.root)
            guard endpoint.resources.contains(request.resource) else {
                let wanted = endpoint.resources.map(\.description).joined(separator: ", ")
                return Self.unknown(
                    request,
                    "\(endpoint.rawValue) of this version is for \(wanted), and this is about \(request.resource)"
                )
            }
            return Self.answer(request, review(endpoint, request))
        } catch {
            return Self.malformed(error.description)
        }
    }

    /// What is posted to a path that this version does not serve; nil where it is no review that can be read.
    package static func answer(unknownPath path: String, _ body: ByteBuffer, parser: JSONParser)
        -> AdmissionAnswer?
    {
        guard let document = try? parser.parse(body), let request = try? AdmissionRequest(of: document.root)
        else { return nil }
        return unknown(request, "path \(path.prefix(100)) is not served by this version")
    }

    /// Before the namespaces are known no answer may hang on their labels: what would change or refuse something is put off.
    private func review(_ endpoint: AdmissionEndpoint, _ request: AdmissionRequest) -> AdmissionResponse {
        let labels = facts.labels(ofNamespace: request.namespace)
        let response = review(endpoint, request, labels)
        guard labels == .notYetSynced, endpoint != .validatePolicies, !response.isPlain else {
            return response
        }
        return AdmissionResponse(
            .deny(
                .notYet(
                    "podmint has just started and does not know namespace \(request.namespace) yet; it will in a moment, so try again"
                )))
    }

    private func review(
        _ endpoint: AdmissionEndpoint, _ request: AdmissionRequest, _ labels: NamespaceLabels
    ) -> AdmissionResponse {
        if endpoint == .validateSecrets {
            return SecretReviewer(certificates: certificates).review(request, labels)
        }
        if let kind = WorkloadKind(resource: request.resource) {
            return WorkloadReviewer(
                context: context(request, labels), labels: labels, certificates: certificates
            ).review(request, kind)
        }
        if endpoint == .validatePolicies {
            return PolicyReviewer(
                references: references, labels: labels, cluster: certificates.clusterNames
            ).review(request)
        }
        // A pod's spec is fixed once it exists, and subresources are other objects.
        guard request.operation == .create, request.subResource.isEmpty, let object = request.object else {
            return .allow
        }
        let pod = PodView(object)
        let isAnnotated = PodInjector.concerns(pod)
        // Without an annotation it is sent here only from where policies select by label.
        let selectsByPolicy =
            labels.selectsByPolicy || !isAnnotated && endpoint == .mutatePods && labels.isUnknown
        guard isAnnotated || selectsByPolicy else { return .allow }
        var context = context(request, labels)
        context.selectsByLabel = selectsByPolicy
        return endpoint == .mutatePods
            ? PodMutation(context: context, labels: labels).review(request, pod)
            : FinalPodCheck(context: context, labels: labels, certificates: certificates).review(request, pod)
    }

    private func context(_ request: AdmissionRequest, _ labels: NamespaceLabels) -> InjectionContext {
        var context = injection()
        context.namespace = request.namespace
        context.enforcesRestricted = labels.enforcesRestricted
        context.selectsByLabel = labels.selectsByPolicy
        return context
    }

    private static func answer(_ request: AdmissionRequest, _ response: AdmissionResponse) -> AdmissionAnswer
    {
        let (outcome, reason): (AdmissionAnswer.Outcome, String?) =
            switch response.verdict {
            case .allow:
                switch response.audited {
                case .patch: (.wouldPatch, nil)
                case .deny: (.wouldDeny, response.warnings.joined(separator: "; "))
                case nil: (.allowed, nil)
                }
            case .patch: (.patched, nil)
            case .deny(let denial): (.denied, denial.message)
            }
        return answer(request, response, outcome, reason)
    }

    /// Another version registered what this one does not serve: an upgrade goes on, or a rollback left an entry behind. A
    /// failed webhook would refuse the object until that is over; let through it is as if the entry were not there yet.
    private static func unknown(_ request: AdmissionRequest, _ what: String) -> AdmissionAnswer {
        let warning = "podmint: \(what), so nothing was looked at; this ends with the upgrade that goes on"
        return answer(request, AdmissionResponse(.allow, warnings: [warning]), .unknown, what)
    }

    private static func answer(
        _ request: AdmissionRequest, _ response: AdmissionResponse, _ outcome: AdmissionAnswer.Outcome,
        _ reason: String?
    ) -> AdmissionAnswer {
        let object = request.object ?? request.oldObject
        let name = request.name.isEmpty ? object.map { ObjectMeta(of: $0).displayName } ?? "" : request.name
        return AdmissionAnswer(
            status: 200, contentType: "application/json", body: response.review(answering: request.uid),
            outcome: outcome,
            uid: request.uid, operation: request.operation.rawValue, namespace: request.namespace, name: name,
            isDryRun: request.isDryRun, reason: reason)
    }

    /// The caller's fault: text for whoever tries it with curl; an API server takes it for a failed webhook.
    private static func malformed(_ reason: String) -> AdmissionAnswer {
        AdmissionAnswer(
            status: 400, contentType: "text/plain; charset=utf-8", body: Array((reason + "\n").utf8),
            outcome: .malformed, uid: "", operation: "", namespace: "", name: "", isDryRun: false,
            reason: reason)
    }
}
