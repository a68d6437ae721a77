// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing
import Validation

@testable import podmint

struct InspectionTextTests {
    @Test func `a chain is drawn from the top`() throws {
        let files = try InspectionFixture(leafDays: 12)
        let text = InspectionText(
            try files.inspect(files.leaf.pem + files.middle.pem, ca: files.root.pem), .plain
        ).text
        #expect(
            text.contains(
                """
                  CN=Corp Root           ends in 3000 days, trusted
                  └─ CN=Corp Issuing CA  ends in 2000 days
                     └─ web.shop.svc     ends in 12 days

                """))
        #expect(text.contains("names     web.shop.svc, 10.0.0.7\n"))
        #expect(text.contains("trust     leads to CN=Corp Root in corp root.pem\n"))
        #expect(text.contains("[ExpiresSoon]") && !text.contains("\u{1b}"))
    }

    @Test func `what is missing from the chain is drawn too`() throws {
        let files = try InspectionFixture()
        let text = InspectionText(try files.inspect(files.leaf.pem + files.root.pem), .plain).text
        #expect(text.contains("  CN=Corp Issuing CA  not here\n  └─ web.shop.svc     ends in 300 days\n"))
        #expect(text.contains("beside the chain: CN=Corp Root"))
    }

    @Test func `colour marks codes and ends, and only for a terminal`() throws {
        let files = try InspectionFixture(leafDays: -1)
        let coloured = TerminalStyle(isTerminal: true, noColor: "", term: "xterm")
        let text = InspectionText(try files.inspect(files.leaf.pem), coloured).text
        #expect(
            text.contains("\u{1b}[31m[Expired]\u{1b}[0m")
                && text.contains("\u{1b}[31mended 24 hours ago\u{1b}[0m"))
    }
}
