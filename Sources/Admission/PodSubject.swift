// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import KubernetesAPI
internal import Validation

/// A pod, or what makes pods, in the words of a message.
struct PodSubject {
    let text: String

    init(_ text: String) { self.text = text }

    init(_ pod: PodView, _ request: AdmissionRequest) {
        let name = request.name.isEmpty ? pod.metadata.displayName : request.name
        text = "pod \(name) in namespace \(request.namespace)"
    }

    /// One answer with every fault: of what was written, and of the certificates that it names.
    func denial(_ refusals: [Refusal], _ faults: [Fault] = []) -> Denial {
        let causes =
            refusals.map { Denial.Cause(code: $0.code.rawValue, message: $0.text, field: $0.field) }
            + faults.map {
                Denial.Cause(code: $0.code.rawValue, message: $0.text, field: "\($0.object) \($0.field)")
            }
        let texts = refusals.map(\.text) + faults.map { "\($0.object) \($0.text)" }
        let message: String
        if let only = texts.first, texts.count == 1 {
            message = "\(text): \(only)"
        } else {
            message = "\(text) has \(texts.count) faults:" + texts.map { "\n- \($0)" }.joined()
        }
        if refusals.contains(where: { $0.code == .notYetSynced }) { return .notYet(message) }
        let isPolicy =
            faults.isEmpty && refusals.allSatisfy { $0.code == .rootOwner || $0.code == .namespaceMismatch }
        return isPolicy ? .forbidden(message, causes: causes) : .invalid(message, causes: causes)
    }
}
