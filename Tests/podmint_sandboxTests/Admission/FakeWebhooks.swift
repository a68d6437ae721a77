// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Synchronization

@testable import podmint_sandbox

/// A webhook without a network: answers by a closure, and remembers what it was asked.
final class FakeWebhooks: WebhookCaller {
    typealias Answer = @Sendable (_ path: String, _ request: JSONValue) throws(WebhookFailure) -> JSONValue

    let services = ServiceMap.empty
    private let answer: Answer
    private let seen = Mutex<[(path: String, body: [UInt8])]>([])

    init(_ answer: @escaping Answer) { self.answer = answer }

    var paths: [String] { seen.withLock { $0.map(\.path) } }
    var bodies: [[UInt8]] { seen.withLock { $0.map(\.body) } }

    func post(
        _ body: [UInt8], to endpoint: WebhookEndpoint, timeoutMilliseconds: Int64
    ) async throws(WebhookFailure) -> WebhookReply {
        seen.withLock { $0.append((endpoint.path, body)) }
        guard let review = try? JSONValue(parsing: body), let request = review.find("request") else {
            throw WebhookFailure(why: "unreadable review")
        }
        var response = try answer(endpoint.path, request)
        if response.find("status-only") == nil { response.putDefault(request.find("uid") ?? "", "uid") }
        let whole: JSONValue = [
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response,
        ]
        return WebhookReply(status: 200, retryAfter: nil, body: whole.serialized())
    }

    static func patch(_ operations: JSONValue) -> JSONValue {
        [
            "allowed": true, "patchType": "JSONPatch",
            "patch": .string(Base64.encode(operations.serialized())),
        ]
    }
}

extension Cluster {
    /// A cluster with its namespaces, at a fixed moment.
    static func fixture(_ webhooks: any WebhookCaller = FakeWebhooks { _, _ in ["allowed": true] }) -> Cluster
    {
        let surroundings = Surroundings(seconds: { 1_800_000_000 }, random: { Int.random(in: $0) })
        let cluster = Cluster(surroundings: surroundings, dispatcher: webhooks)
        Bootstrap(cluster: cluster).run()
        return cluster
    }

    /// Stores a webhook configuration of one entry, with the defaults filled in.
    func register(_ resource: Resource, _ name: String, _ entry: JSONValue) throws {
        var entry = entry
        entry.putDefault("x.podmint.dev", "name")
        entry.putDefault(["url": .string("https://127.0.0.1:1/\(name)")], "clientConfig")
        entry.putDefault(
            [
                [
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"],
                    "resources": ["pods", "secrets"],
                ]
            ], "rules")
        var object: JSONValue = [
            "kind": .string(resource.kind), "apiVersion": .string(resource.apiVersion),
            "metadata": ["name": .string(name)], "webhooks": [entry],
        ]
        ObjectDefaults.apply(to: &object, resource)
        _ = try store.create(resource, object)
    }
}

extension ResourceRequest {
    static func fixture(_ resource: Resource, _ name: String = "", query: String = "") -> ResourceRequest {
        ResourceRequest(
            resource: resource, namespace: resource.isNamespaced ? "default" : "", name: name,
            identity: .admin,
            query: Query(query))
    }
}
