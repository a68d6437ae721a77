// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesClient
import Policies
import Testing
import Validation

@testable import podmint

struct TrialCheckTests {
    private func pod(_ answer: Look<JSONValue>) -> Diagnosis { TrialCheck.podFinding(answer, in: "shop") }
    private func failure(_ message: String, code: Int = 500) -> Look<JSONValue> {
        .failure(.status(code: code, reason: "", message: message))
    }

    @Test func `an injected pod shows that the API server reaches podmint`() {
        let injected: JSONValue = ["spec": ["initContainers": [["name": "podmint-agent"]]]]
        #expect(pod(.success(injected)).state == .good)
        #expect(pod(.success(["spec": ["containers": []]])).state == .faulty)
    }

    @Test func `a refusal by podmint shows it too`() {
        let refusal = failure(
            #"admission webhook "secrets.podmint.dev" denied the request: Secret "x": tls.crt …"#, code: 403)
        #expect(TrialCheck.secretFinding(refusal, in: "shop").state == .good)
        #expect(TrialCheck.secretFinding(.success([:]), in: "shop").state == .faulty)
    }

    @Test func `so does one of a policy, which needs no namespace that opted in`() throws {
        let refusal = failure(
            #"admission webhook "policies.podmint.dev" denied the request: TLSPolicy …"#, code: 403)
        #expect(TrialCheck.policyFinding(refusal, in: "default").state == .good)
        #expect(TrialCheck.policyFinding(.success([:]), in: "default").state == .faulty)
        let down = failure(#"failed calling webhook "policies.podmint.dev": connection refused"#)
        #expect(TrialCheck.policyFinding(down, in: "default").state == .faulty)
        let reading = TLSPolicy.read(try JSONDocument(TrialCheck.policy.serialized()).root)
        #expect(reading.faults.map(\.field) == ["spec.tls.subjectAltNames[0].dns"])
    }

    @Test(arguments: [
        (
            #"Internal error occurred: failed calling webhook "pods.podmint.dev": failed to call webhook: Post "https://podmint.podmint-system.svc:443/mutate/pods?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority"#,
            "caBundle"
        ),
        (
            #"failed calling webhook "pods.podmint.dev": no endpoints available for service "podmint""#,
            "no podmint server is ready"
        ),
        (
            #"failed calling webhook "pods.podmint.dev": Post "https://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused"#,
            "no server listens"
        ),
        (#"failed calling webhook "pods.podmint.dev": context deadline exceeded"#, "firewall"),
        (#"failed calling webhook "pods.podmint.dev": service "podmint" not found"#, "Service"),
    ])
    func `a webhook that does not answer is a fault with its own cure`(message: String, cure: String) {
        let finding = pod(failure(message))
        #expect(finding.state == .faulty)
        #expect(finding.fix.contains(cure))
    }

    @Test(arguments: [
        (#"pods is forbidden: User "jane" cannot create resource "pods" in API group """#, 403),
        (#"pods "podmint-doctor" is forbidden: exceeded quota: q"#, 403),
        (#"admission webhook "policy.example.com" denied the request: no"#, 400),
    ])
    func `what says nothing about podmint is not seen`(message: String, code: Int) {
        #expect(pod(failure(message, code: code)).state == .unseen)
    }
}
