// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import KubernetesAPI
import Testing
import YAML

@testable import podmint_sandbox

/// The sandbox against what a real API server answered to the same requests (`hack/record-answers`).
struct RecordedAnswersTests {
    @Test func `answers as the recorded API server did, fault for fault`() async throws {
        let record = try JSONValue(
            parsing: Checkout.bytes("Tests/podmint_sandboxTests/CustomResources/Answers.json"))
        let cluster = try await Cluster.servingPolicies()
        let handler = APIHandler(cluster: cluster, podLogs: NoPodLogs())
        let admin = cluster.tokens.issueAdmin()
        let cases = record.list("cases")
        #expect(cases.count > 60)
        for one in cases {
            var request = IncomingRequest(
                method: one.text("method") ?? "", path: one.text("path") ?? "", query: one.text("query"),
                body: one.find("body")?.serialized() ?? [])
            request.contentType = one.text("contentType") ?? "application/json"
            request.authorization = "Bearer \(admin)"
            let answer = await handler.answer(request)
            #expect(try Self.told(answer) == one.find("answer"), "\(one.text("name") ?? "")")
        }
    }

    /// As `hack/record-answers` writes an answer down.
    private static func told(_ answer: APIAnswer) throws -> JSONValue {
        let body = try JSONValue(parsing: answer.body)
        var told: JSONValue = ["code": .integer(Int64(answer.status))]
        let causes = body.list("details", "causes")
        if answer.status < 300 {
            told.put(body.find("spec") ?? .null, "spec")
            told.put(body.find("status") ?? .null, "status")
        } else if causes.isEmpty {
            told.put(body.find("message"), "message")
        } else {
            let faults = causes.map { cause -> (String, String, JSONValue) in
                var (field, message) = (cause.text("field") ?? "", cause.text("message") ?? "")
                if field == "patch", let why = message.firstRange(of: "strict decoding error") {
                    message = String(message[why.lowerBound...])
                }
                var cause = cause
                cause.put(.string(message), "message")
                return (field, message, cause)
            }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            told.put(.array(faults.map(\.2)), "causes")
        }
        if !answer.warnings.isEmpty { told.put(.texts(answer.warnings.sorted()), "warnings") }
        return told
    }
}

/// Files of this repository.
enum Checkout {
    static func bytes(_ path: String) -> [UInt8] {
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        guard let bytes = Folder.read("/\(root)/\(path)") else { return [] }
        return Array(bytes)
    }
}

extension Cluster {
    /// Serves what `manifests/install.yaml` defines.
    static func servingPolicies() async throws -> Cluster {
        let cluster = Cluster.fixture()
        let definitions = try YAMLDocuments.parse(Checkout.bytes("manifests/install.yaml")).filter {
            $0.kind == "CustomResourceDefinition"
        }
        #expect(definitions.count == 2)
        for definition in definitions {
            let written = try await ObjectWriter(cluster: cluster).create(
                .fixture(.customResources), definition)
            _ = DefinitionController(cluster: cluster).reconcile(written.object.key)
        }
        return cluster
    }
}
