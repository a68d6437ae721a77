// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Injection
import JSON
import KubernetesAPI
import Testing
import YAML

@testable import podmint

struct InjectCommandTests {
    static let manifest =
        #"{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {podmint.dev/inject: "true"}}, spec: {containers: [{name: app}]}}"#

    @Test(arguments: [
        [], ["-f", "x", "--patch", "--diff"], ["-f", "x", "--diff", "-o", "json"], ["-f", "x", "-o", "xml"],
        ["-f", "x", "--agent-advertise", "http://podmint"], ["-f", "-", "-f", "-"],
    ])
    func `refuses what makes no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try InjectCommand.parse(arguments) }
    }

    @Test func `files may stand behind one -f or many`() throws {
        #expect(try InjectCommand.parse(["-f", "a", "b", "--patch", "-f", "c"]).files == ["a", "b", "c"])
    }

    @Test func `prints the manifest, its patch or the difference`() throws {
        let whole = try text([])
        let patch = try JSONPatch(parsing: JSONValue(parsing: text(["--patch"])))
        let before = try YAMLDocuments.parse(Self.manifest)[0]
        #expect(try YAMLDocuments.parse(whole)[0] == patch.applied(to: before))
        #expect(try JSONValue(parsing: text(["-o", "json"])) == YAMLDocuments.parse(whole)[0])
        #expect(try text(["--diff"]).hasPrefix("--- Pod p\n+++ Pod p as admitted\n@@ "))
        #expect(try YAMLDocuments.parse(text(["--patch", "-o", "yaml"]))[0].array?.isEmpty == false)
    }

    private func text(_ arguments: [String]) throws -> String {
        let command = try InjectCommand.parse(["-f", "-"] + arguments)
        let documents = try ManifestFiles.documents(Array(Self.manifest.utf8), source: "test")
        let context = InjectionContext(agentImage: "agent:1", server: "https://podmint:8444")
        return command.text(of: try ManifestInjection(documents, context, namespace: "default"))
    }
}
