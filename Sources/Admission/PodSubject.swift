// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI

/// A pod in the words of a message.
struct PodSubject {
    let text: String

    init(_ pod: PodView, _ request: AdmissionRequest) {
        let name = request.name.isEmpty ? pod.metadata.displayName : request.name
        text = "pod \(name) in namespace \(request.namespace)"
    }

    /// One answer with every fault.
    func denial(_ refusals: [Refusal]) -> Denial {
        let causes = refusals.map { Denial.Cause(code: $0.code.rawValue, message: $0.text, field: $0.field) }
        let message: String
        if let only = refusals.first, refusals.count == 1 {
            message = "\(text): \(only.text)"
        } else {
            message = "\(text) has \(refusals.count) faults:" + refusals.map { "\n- \($0.text)" }.joined()
        }
        let isPolicy = refusals.allSatisfy { $0.code == .rootOwner || $0.code == .namespaceMismatch }
        return isPolicy ? .forbidden(message, causes: causes) : .invalid(message, causes: causes)
    }
}
