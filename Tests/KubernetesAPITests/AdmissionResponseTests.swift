// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

struct AdmissionResponseTests {
    @Test func `allows with nothing but the uid`() throws {
        #expect(
            try JSONValue(parsing: AdmissionResponse.allow.review(answering: "u-1"))
                == [
                    "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
                    "response": ["uid": "u-1", "allowed": true],
                ])
    }

    @Test func `sends a patch with its type, in base64`() throws {
        let response = try written(AdmissionResponse(.patch(Array("[]".utf8))))
        #expect(response["patchType"] == "JSONPatch")
        #expect(response["patch"] == "W10=")
    }

    @Test func `denies with code, reason, message and causes`() throws {
        let cause = Denial.Cause(
            code: "KeyMismatch", message: "two renewals mixed up", field: "data[tls.key]")
        let response = try written(AdmissionResponse(.deny(.invalid("bad \"Secret\"", causes: [cause]))))
        #expect(response["allowed"] == false)
        #expect(
            response["status"]
                == [
                    "status": "Failure", "message": "bad \"Secret\"", "reason": "BadRequest", "code": 422,
                    "details": [
                        "causes": [
                            [
                                "reason": "KeyMismatch", "message": "two renewals mixed up",
                                "field": "data[tls.key]",
                            ]
                        ]
                    ],
                ])
        #expect(Denial.forbidden("no").code == 403)
    }

    @Test func `keeps warnings printable, short, and once each`() throws {
        let response = try written(
            AdmissionResponse(
                .allow, warnings: ["a\nb\u{1b}[31m", "twice", "twice", String(repeating: "é", count: 300)]))
        let warnings = response["warnings"]?.array?.compactMap(\.string) ?? []
        #expect(warnings.count == 3)
        #expect(warnings[0] == "a b [31m")
        #expect(warnings[2].count == 256 && warnings[2].hasSuffix("…"))
    }

    private func written(_ response: AdmissionResponse) throws -> JSONValue {
        try JSONValue(parsing: response.review(answering: "u"))["response"] ?? .null
    }
}
