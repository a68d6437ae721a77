// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

@Suite struct TokenReviewTests {
    @Test func `reads the user and its extras`() throws {
        let review = try TokenReview(
            JSONDocument(
                #"""
                {"status": {"authenticated": true, "audiences": ["podmint.dev"], "user": {
                  "username": "system:serviceaccount:shop:web", "uid": "x",
                  "extra": {"authentication.kubernetes.io/pod-name": ["web-0"]}}}}
                """#
            ).root)
        #expect(review.isAuthenticated && review.error.isEmpty && review.audiences == ["podmint.dev"])
        #expect(review.username == "system:serviceaccount:shop:web")
        #expect(review.extra == ["authentication.kubernetes.io/pod-name": ["web-0"]])
    }

    @Test func `silence is no authentication`() throws {
        let review = try TokenReview(JSONDocument(#"{"status": {"error": "expired"}}"#).root)
        #expect(!review.isAuthenticated && review.error == "expired")
        #expect(throws: RecordError.self) { try TokenReview(JSONDocument(#"{"kind": "TokenReview"}"#).root) }
    }
}
