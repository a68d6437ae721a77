// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_agent

@Suite struct CommandTests {
    @Test(arguments: [
        ("run", Command.run), ("init", .initialize), ("probe", .probe), ("--help", .help),
        ("--version", .version),
    ])
    func `knows its words`(word: String, command: Command) throws { #expect(try Command([word]) == command) }

    @Test(arguments: [[], ["Run"], ["run", "now"], ["-x"], [""]] as [[String]])
    func `refuses others with a hint`(words: [String]) {
        let refusal = #expect(throws: Command.Refusal.self) { _ = try Command(words) }
        #expect(refusal?.hint == "podmint-agent --help")
    }

    @Test func `says that csr is to come`() {
        let refusal = #expect(throws: Command.Refusal.self) { _ = try Command(["csr"]) }
        #expect(refusal?.message.contains("not in this version") == true)
    }
}
