// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient

/// Whether the API server reaches podmint: it is given a pod, a Secret and a TLSPolicy to create without keeping them
/// (`dryRun`), and has to ask podmint about each. This is the very way that real ones take.
enum TrialCheck {
    private static let code = "WebhookUnreachable"

    /// Passes Pod Security *restricted*; nothing of it ever runs.
    static let pod: JSONValue = [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": ["name": "podmint-doctor", "annotations": ["podmint.dev/inject": "true"]],
        "spec": [
            "securityContext": [
                "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "containers": [
                [
                    "name": "app", "image": "registry.k8s.io/pause:3.10",
                    "securityContext": [
                        "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]],
                    ],
                    "resources": [
                        "requests": ["cpu": "1m", "memory": "1Mi"], "limits": ["cpu": "1m", "memory": "1Mi"],
                    ],
                ]
            ],
        ],
    ]

    /// Holds no certificate where one belongs, so podmint must refuse it.
    static let secret: JSONValue = [
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": ["name": "podmint-doctor"],
        "stringData": ["tls.crt": "podmint doctor asks whether this is refused"],
    ]

    /// Passes the schema, and asks for a name with a variable that nobody knows.
    static let policy: JSONValue = [
        "apiVersion": .string(APIResource.tlsPolicies.apiVersion), "kind": "TLSPolicy",
        "metadata": ["name": "podmint-doctor"],
        "spec": ["tls": ["subjectAltNames": [["dns": "${PODMINT_DOCTOR}.example"]]]],
    ]

    static func podFinding(_ answer: Look<JSONValue>, in namespace: String) -> Diagnosis {
        let object = "webhooks for pods"
        switch answer {
        case .success(let pod):
            let containers = pod.at("spec", "initContainers")?.array ?? []
            guard containers.contains(where: { $0["name"] == "podmint-agent" }) else {
                return .faulty(
                    code, object,
                    "a pod in \(namespace) that asks for a certificate is created without podmint-agent",
                    fix: "the webhook configuration does not match it: see the lines about it above")
            }
            return .good(
                code, object, "the API server reaches podmint: a pod in \(namespace) would be injected")
        case .failure(let error): return finding(object, error, in: namespace)
        }
    }

    static func secretFinding(_ answer: Look<JSONValue>, in namespace: String) -> Diagnosis {
        let object = "webhook for Secrets"
        switch answer {
        case .success:
            return .faulty(
                code, object, "a Secret in \(namespace) whose tls.crt is no certificate is accepted",
                fix: "the webhook configuration does not match it: see the lines about it above")
        case .failure(let error): return finding(object, error, in: namespace)
        }
    }

    static func policyFinding(_ answer: Look<JSONValue>, in namespace: String) -> Diagnosis {
        let object = "webhook for policies"
        switch answer {
        case .success:
            return .faulty(
                code, object, "a TLSPolicy in \(namespace) with a variable that nobody knows is accepted",
                fix: "the webhook configuration does not match it: see the lines about it above")
        case .failure(let error): return finding(object, error, in: namespace)
        }
    }

    private static func finding(_ object: String, _ error: KubernetesError, in namespace: String) -> Diagnosis
    {
        guard case .status(_, _, let message, _) = error else { return .unseen(code, object, error) }
        if message.contains(".podmint.dev\" denied the request") {
            return .good(code, object, "the API server reaches podmint, which refuses what is faulty")
        }
        // The API server's words for a webhook that gave no answer, before and since 1.31.
        if message.contains("failed calling webhook") || message.contains("failed to call webhook") {
            return .faulty(code, object, message, fix: cure(for: message))
        }
        guard !error.isForbidden || !message.contains("cannot create resource") else {
            return .unseen(code, object, error)
        }
        return .unseen(
            code, object, "something else refused the trial in \(namespace): \(message)",
            fix: "try by hand: kubectl create --dry-run=server with a pod annotated podmint.dev/inject")
    }

    /// By what the API server's HTTP client says, most telling first.
    private static func cure(for message: String) -> String {
        let cures = [
            (
                "x509",
                "the caBundle is not of the CA that podmint serves with: see the lines about caBundle; a running server mends it within seconds"
            ),
            ("no endpoints available", "no podmint server is ready: kubectl -n podmint-system get pods"),
            (
                "not found",
                "the Service that the webhook names is not there: apply what `podmint manifests` prints"
            ),
            (
                "connection refused",
                "no server listens there: is podmint running, and is its port the Service's target?"
            ),
            ("no such host", "the API server does not know the host in the webhook's URL: see --advertise"),
            (
                "deadline exceeded",
                "no answer in time: a firewall or NetworkPolicy between the API server and podmint's port 8443, or no CPU for podmint"
            ),
            (
                "Timeout",
                "no answer in time: a firewall or NetworkPolicy between the API server and podmint's port 8443, or no CPU for podmint"
            ),
        ]
        return cures.first { message.contains($0.0) }?.1
            ?? "look at podmint's log; the API server's own log has the same failure"
    }
}
