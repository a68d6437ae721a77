// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct AuthorizerTests {
    private func cluster() throws -> Cluster {
        let cluster = Cluster.fixture()
        _ = try cluster.store.create(
            .roles,
            [
                "metadata": ["name": "r", "namespace": "default"],
                "rules": [
                    ["apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]],
                    [
                        "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["mine"],
                        "verbs": ["get"],
                    ],
                ],
            ])
        _ = try cluster.store.create(
            .roleBindings,
            [
                "metadata": ["name": "b", "namespace": "default"], "roleRef": ["kind": "Role", "name": "r"],
                "subjects": [["kind": "ServiceAccount", "name": "sa", "namespace": "default"]],
            ])
        return cluster
    }

    static let cases: [(AccessRequest, Bool)] = [
        (AccessRequest(verb: "get", group: "", resource: "pods", namespace: "default", name: "x"), true),
        (
            AccessRequest(verb: "get", group: "", resource: "pods", subresource: "log", namespace: "default"),
            true
        ),
        (
            AccessRequest(
                verb: "get", group: "", resource: "pods", subresource: "status", namespace: "default"), false
        ),
        (AccessRequest(verb: "watch", group: "", resource: "pods", namespace: "default"), false),
        (AccessRequest(verb: "get", group: "", resource: "pods", namespace: "kube-system"), false),
        (AccessRequest(verb: "list", group: "", resource: "pods"), false),
        (
            AccessRequest(verb: "get", group: "", resource: "secrets", namespace: "default", name: "mine"),
            true
        ),
        (
            AccessRequest(verb: "get", group: "", resource: "secrets", namespace: "default", name: "other"),
            false
        ),
        (AccessRequest(verb: "get", group: "apps", resource: "pods", namespace: "default"), false),
        (AccessRequest(verb: "get", path: "/apis/apps"), true),
        (AccessRequest(verb: "get", path: "/sandbox/faults"), false),
    ]

    @Test(arguments: cases) func `allows what a bound rule says and nothing else`(
        request: AccessRequest, isAllowed: Bool
    ) throws {
        let identity = Identity.serviceAccount(namespace: "default", name: "sa", uid: "u")
        #expect(Authorizer(store: try cluster().store).allows(identity, request) == isAllowed)
    }

    @Test func `a list of one name is authorised as that name`() {
        #expect(
            ResourceRequest.fixture(.secrets, query: "fieldSelector=metadata.name%3Dmine").authorizedName
                == "mine")
        #expect(ResourceRequest.fixture(.secrets).authorizedName.isEmpty)
    }

    @Test func `the admin may everything, a stranger nothing`() throws {
        let request = AccessRequest(verb: "delete", group: "x", resource: "y")
        #expect(Authorizer(store: try cluster().store).allows(.admin, request))
        #expect(!Authorizer(store: try cluster().store).allows(.anonymous, request))
        #expect(
            request.refusal(.anonymous)
                == "User \"system:anonymous\" cannot delete resource \"y\" in API group \"x\" at the cluster scope"
        )
    }

    @Test func `a review asks for one thing, a resource or a path`() throws {
        let reviews = AccessReviews(store: try cluster().store)
        let error = #expect(throws: APIError.self) {
            try reviews.answer(["spec": [:]], .selfAccessReviews, asker: .admin, now: "")
        }
        #expect(
            error?.message
                == ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        )
        let identity = Identity.serviceAccount(namespace: "default", name: "sa", uid: "u")
        for (name, isAllowed) in [("mine", true), ("other", false)] {
            let answer = try reviews.answer(
                [
                    "spec": [
                        "resourceAttributes": [
                            "verb": "get", "resource": "secrets", "namespace": "default",
                            "name": .string(name),
                        ]
                    ]
                ], .selfAccessReviews, asker: identity, now: "")
            #expect(answer.find("status", "allowed") == .bool(isAllowed))
        }
    }
}
