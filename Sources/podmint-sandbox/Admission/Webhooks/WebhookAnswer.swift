// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL

/// What a webhook answered, once it passed the API server's checks of form.
struct WebhookAnswer: Sendable {
    var isAllowed: Bool
    var patch: JSONPatch?
    var warnings: [String] = []
    var status: JSONValue?

    /// Why an answer cannot be used; goes through the failure policy.
    struct Malformed: Error {
        let why: String
    }

    init(isAllowed: Bool) { self.isAllowed = isAllowed }

    init(parsing body: [UInt8], uid: String, isMutating: Bool) throws(Malformed) {
        let review: JSONValue
        do {
            review = try JSONValue(parsing: body)
        } catch {
            throw Malformed(why: "could not decode the answer: \(error)")
        }
        let kind = review.kind
        let version = review.apiVersion
        guard kind == "AdmissionReview", version == "admission.k8s.io/v1" else {
            throw Malformed(
                why:
                    "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got \(version), Kind=\(kind)"
            )
        }
        guard let response = review.find("response"), response.object != nil else {
            throw Malformed(why: "webhook response was absent")
        }
        let found = response.text("uid") ?? ""
        guard found == uid else { throw Malformed(why: "expected response.uid=\"\(uid)\", got \"\(found)\"") }
        isAllowed = response.flag("allowed")
        warnings = response.list("warnings").compactMap(\.string)
        status = response.find("status")
        let type = response.find("patchType").flatMap(\.string)
        switch (response.find("patch").flatMap(\.string), type) {
        case (nil, nil): break
        case (nil, _?): throw Malformed(why: "webhook returned response.patchType but not response.patch")
        case (_?, nil): throw Malformed(why: "webhook returned response.patch but not response.patchType")
        case (let text?, let type?):
            guard isMutating else { break }
            guard type == "JSONPatch" else {
                throw Malformed(why: "webhook returned invalid response.patchType of \"\(type)\"")
            }
            patch = try Self.patch(text)
        }
    }

    private static func patch(_ text: String) throws(Malformed) -> JSONPatch {
        guard let bytes = Base64.decode(text), !bytes.isEmpty else {
            throw Malformed(why: "response.patch is not base64, or empty")
        }
        do {
            return try JSONPatch(parsing: try JSONValue(parsing: bytes))
        } catch {
            throw Malformed(why: "response.patch is no JSON Patch: \(error)")
        }
    }

    /// The refusal as the user sees it.
    func denial(by webhook: String) -> APIError {
        let deniedBy = "admission webhook \"\(webhook)\" denied the request"
        let text = status?.text("message") ?? ""
        let reason = status?.text("reason") ?? ""
        let message =
            !text.isEmpty
            ? "\(deniedBy): \(text)"
            : !reason.isEmpty
                ? "\(deniedBy): \(reason)"
                : "\(deniedBy) without explanation"
        let code = Int(status?.number("code") ?? 0)
        return APIError(
            code: code < 400 ? 400 : code, reason: reason, message: message,
            details: status?.fields("details") ?? JSONObject(),
            // An API server makes it the header of its own answer, by which clients try again.
            retryAfter: status?.number("details", "retryAfterSeconds").map { Int($0) })
    }
}
