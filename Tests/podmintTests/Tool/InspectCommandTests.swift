// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Testing
import Validation

@testable import podmint

struct InspectCommandTests {
    @Test func `names take all that follows, files come first`() throws {
        let command = try InspectCommand.parse([
            "a.pem", "b.pem", "--name", "x", "10.0.0.7", "--usage", "client", "-o", "json",
        ])
        #expect(
            command.files == ["a.pem", "b.pem"] && command.names == ["x", "10.0.0.7"]
                && command.usage == .client)
        for wrong in [[], ["--name", "x", "a.pem"], ["a", "--usage", "both"], ["-", "-"]] {
            #expect(throws: (any Error).self) { try InspectCommand.parse(wrong) }
        }
    }

    @Test(
        arguments: [
            (["/nowhere/web.pem"], 1),
            (["/dev/null", "--at", "soon"], 2),
            (["/dev/null", "--name", "a..b"], 2), (["/dev/null", "--ca", "/nowhere"], 1), (["/dev/null"], 3),
        ] as [([String], Int32)])
    func `mistakes end with the exit code of their kind`(arguments: [String], exitCode: Int32) throws {
        let command = try InspectCommand.parse(arguments)
        let failure = #expect(throws: ToolFailure.self) { try command.run() }
        #expect(failure?.exitCode == exitCode)
    }
}
