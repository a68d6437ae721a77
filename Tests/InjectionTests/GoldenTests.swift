// SPDX-License-Identifier: Apache-2.0
import Glibc
import JSON
import KubernetesAPI
import Policies
import Testing
import YAML

@testable import Injection

/// Each file of `Golden`: a pod in, the decision out. `PODMINT_RECORD_GOLDEN=1 swift test --filter GoldenTests` writes
/// the decisions anew; read the difference before you keep it.
struct GoldenTests {
    static let cases = GoldenCase.all()

    @Test func `there is a case for every rule`() {
        #expect(Self.cases.count >= 90)
    }

    @Test(arguments: cases) func `decides as written`(_ one: GoldenCase) throws {
        let decision = PodInjector.decide(PodView(try one.document().root), one.context)
        let found = one.describe(decision)
        guard getenv("PODMINT_RECORD_GOLDEN") == nil else { return try one.record(found) }
        #expect(found == one.expected, "\(one.name): \(found.indentedText)")
    }

    @Test(arguments: cases) func `its patch applies, and leaves nothing to do`(_ one: GoldenCase) throws {
        guard
            case .inject(let patch, _, _) = PodInjector.decide(PodView(try one.document().root), one.context)
        else { return }
        let injected = try JSONPatch(parsing: JSONValue(parsing: patch)).applied(to: one.pod, .standard)
        let again = PodInjector.decide(PodView(try JSONDocument(injected.serialized()).root), one.context)
        guard case .unchanged = again else {
            Issue.record("\(one.name): a second injection changes something: \(again)")
            return
        }
    }
}

struct GoldenCase: Sendable, CustomTestStringConvertible {
    let name: String
    let pod: JSONValue
    let context: InjectionContext
    let expected: JSONValue
    private let path: String
    private let text: String

    var testDescription: String { name }

    func document() throws -> JSONDocument { try JSONDocument(pod.serialized()) }

    static func all() -> [GoldenCase] {
        let folder = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Golden"
        return TestFile.names(in: folder).filter { $0.hasSuffix(".yaml") }.sorted().map { file in
            do { return try GoldenCase(path: folder + "/" + file, name: String(file.dropLast(5))) } catch {
                fatalError("\(file): \(error)")
            }
        }
    }

    private init(path: String, name: String) throws {
        self.name = name
        self.path = path
        text = String(decoding: TestFile.bytes(of: path), as: UTF8.self)
        var documents = try YAMLDocuments.parse(text).filter { !$0.isNull }
        var context = InjectionContext(
            agentImage: "registry.example/podmint-agent:1.0",
            server: "https://podmint.podmint-system.svc:8444",
            serverAddresses: ["10.96.0.10"], trust: "-----BEGIN CERTIFICATE-----\n", namespace: "shop")
        if let changes = documents[0]["context"] {
            documents.removeFirst()
            context.enforcesRestricted = changes["enforcesRestricted"]?.bool ?? false
            context.meshContainers.formUnion(changes["meshContainers"]?.array?.compactMap(\.string) ?? [])
            try Self.read(changes, into: &context)
        }
        self.context = context
        pod = documents[0]
        expected = documents.count > 1 ? documents[1] : .null
    }

    private static func read(_ changes: JSONValue, into context: inout InjectionContext) throws {
        context.selectsByLabel = changes["selectsByLabel"]?.bool ?? false
        context.policies = PolicyCatalog()
        if changes["synced"]?.bool != false { context.policies.markSynced() }
        for var policy in changes["policies"]?.array ?? [] {
            policy["metadata"]?["namespace"] = .string(context.namespace)
            let name = policy["metadata"]?["name"]?.string ?? ""
            let reading = TLSPolicy.read(try JSONDocument(policy.serialized()).root)
            context.policies.set(reading, named: name, in: context.namespace)
        }
        var secrets: [String: UserSecret] = [:]
        for (name, kind) in changes["secrets"]?.object ?? [:] {
            secrets[name] =
                ["certificate": .certificate, "authority": .authority][kind.string] ?? .notYetRead
        }
        context.userSecret = { [secrets] name, _ in secrets[name] ?? .notReadable }
    }

    func describe(_ decision: InjectionDecision) -> JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        switch decision {
        case .inject(let patch, let differences, let warnings):
            let operations = (try? JSONValue(parsing: patch)) ?? JSONValue.null
            return [
                "decision": "inject", "warnings": list(warnings),
                "differences": list(differences.map(\.description)), "patch": operations,
            ]
        case .unchanged(let warnings): return ["decision": "unchanged", "warnings": list(warnings)]
        case .skip(let reason):
            return [
                "decision": "skip", "reason": .string("\(reason)"),
                "warnings": list([reason.warning].compactMap(\.self)),
            ]
        case .refuse(let refusals):
            return [
                "decision": "refuse",
                "refusals": .array(refusals.map { ["field": .string($0.field), "text": .string($0.text)] }),
            ]
        }
    }

    func record(_ found: JSONValue) throws {
        let end = text.range(ofLast: "\n---\n")
        let head = end.map { String(text[..<$0]) } ?? text
        TestFile.write(Array((head + "\n---\n" + YAMLWriter.write(found)).utf8), to: path)
    }
}

extension String {
    /// Where the last occurrence of a text starts.
    fileprivate func range(ofLast other: String) -> String.Index? {
        indices.reversed().first { self[$0...].hasPrefix(other) }
    }
}
