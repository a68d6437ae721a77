// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient

/// What came of asking the API server for something: the thing, or why not.
typealias Look<Value> = Result<Value, KubernetesError>

extension Diagnosis {
    /// The API server did not show it: who asks may not see it, or it failed.
    static func unseen(_ code: String, _ object: String, _ error: KubernetesError) -> Diagnosis {
        unseen(
            code, object, "cannot be looked at: \(error)",
            fix: error.isForbidden
                ? "ask again as somebody who may, such as an administrator (--context)"
                : "try again; kubectl shows whether the API server answers")
    }
}
