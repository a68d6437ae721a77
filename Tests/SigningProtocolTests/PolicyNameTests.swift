// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SigningProtocol

@Suite struct PolicyNameTests {
    @Test(arguments: ["default", "a", "quickstart-transport", "0x", String(repeating: "a", count: 55)])
    func `takes DNS labels`(text: String) { #expect(PolicyName(parsing: text)?.text == text) }

    @Test(arguments: ["", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "ä", String(repeating: "a", count: 56)])
    func `refuses what could not be part of a volume's name`(text: String) {
        #expect(PolicyName(parsing: text) == nil)
    }
}
