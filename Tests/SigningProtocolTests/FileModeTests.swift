// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SigningProtocol

@Suite struct FileModeTests {
    @Test(
        arguments: [
            ("0440", 0o440, 0o750), ("444", 0o444, 0o755), ("0400", 0o400, 0o700), ("0640", 0o640, 0o750),
            ("0404", 0o404, 0o755),
        ] as [(String, UInt32, UInt32)])
    func `reads octal text and opens the folder to the same readers`(
        text: String, bits: UInt32, folder: UInt32
    ) {
        let mode = FileMode(parsing: text)
        #expect(mode?.bits == bits)
        #expect(mode?.directoryBits == folder)
    }

    @Test(arguments: [
        "", "4", "0044", "0666", "0460", "0755", "04440", "4440", "0o44", "+440", "0480", "0444 ",
    ])
    func `refuses modes that are unsafe or no octal text`(text: String) {
        #expect(FileMode(parsing: text) == nil)
    }

    @Test func `writes four digits`() {
        #expect(FileMode.groupReadable.text == "0440")
        #expect(FileMode(parsing: "444")?.text == "0444")
    }
}
