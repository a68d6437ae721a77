// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesClient

@Suite struct APIResourceTests {
    @Test func `builds paths`() {
        #expect(APIResource.pods.path() == "/api/v1/pods")
        #expect(
            APIResource.pods.path(namespace: "a", name: "b", subresource: "status")
                == "/api/v1/namespaces/a/pods/b/status")
        #expect(APIResource.namespaces.path(namespace: "ignored", name: "b") == "/api/v1/namespaces/b")
        #expect(APIResource.tokenReviews.path() == "/apis/authentication.k8s.io/v1/tokenreviews")
        #expect(
            APIResource.leases.apiVersion == "coordination.k8s.io/v1" && APIResource.pods.apiVersion == "v1")
    }

    @Test func `no name can leave its place in a path`() {
        #expect(
            APIResource.pods.path(namespace: "a/b", name: "../x?y#z%")
                == "/api/v1/namespaces/a%2Fb/pods/..%2Fx%3Fy%23z%25")
        #expect(PercentEncoding.encode("ä \n") == "%C3%A4%20%0A")
    }
}
