// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient

/// Whether podmint's service account has each right that the manifests give it, as somebody else sees it.
struct AccountCheck {
    typealias Question = (deed: Right.Deed, right: Right)

    let namespace: String

    private static let code = "MissingRight"
    private var account: String { "ServiceAccount \(namespace)/podmint" }

    /// What an admin binds besides is not asked for: it may be missing.
    var questions: [Question] {
        [(Rights.everywhere, nil), (Rights.atHome, namespace)].flatMap { rights, place in
            rights.flatMap { right in right.deeds(in: place).map { ($0, right) } }
        }
    }

    /// A SubjectAccessReview of podmint's account.
    func review(_ deed: Right.Deed) -> JSONValue {
        [
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": [
                "user": .string("system:serviceaccount:\(namespace):podmint"),
                "groups": [
                    "system:serviceaccounts", .string("system:serviceaccounts:\(namespace)"),
                    "system:authenticated",
                ],
                "resourceAttributes": deed.review.at("spec", "resourceAttributes") ?? [:],
            ],
        ]
    }

    /// One line for all, or one for each right that is missing.
    func findings(_ answers: [(question: Question, isAllowed: Look<Bool>)]) -> [Diagnosis] {
        var missing: [Diagnosis] = []
        for (question, answer) in answers {
            switch answer {
            case .failure(let error): return [.unseen(Self.code, account, error)]
            case .success(true): continue
            case .success(false):
                missing.append(
                    .faulty(
                        Self.code, account, "may not \(question.deed): \(question.right.without)",
                        fix: "apply what `podmint manifests` prints: its roles have what this version needs"))
            }
        }
        guard missing.isEmpty else { return missing }
        return [.good(Self.code, account, "has all \(answers.count) rights")]
    }
}
