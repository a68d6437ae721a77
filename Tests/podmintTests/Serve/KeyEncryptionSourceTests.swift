// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import podmint

struct KeyEncryptionSourceTests {
    private static let hex = String(repeating: "0a", count: 32)

    private func source(
        _ flags: [String: String], _ environment: [String: String] = [:]
    ) throws -> KeyEncryptionSource? {
        try KeyEncryptionSource(settings: Settings(flags: flags, environment: environment))
    }

    @Test func `it is one of three, or none`() throws {
        #expect(try source([:]) == nil)
        #expect(try source(["kek-file": "/kek"]) == .file("/kek"))
        #expect(try source(["kek-env": "KEK"], ["KEK": "x"]) == .variable(name: "KEK", value: "x"))
        #expect(try source(["kek-command": "/bin/echo a b"]) == .command(["/bin/echo", "a", "b"]))
        for flags in [
            ["kek-file": "/kek", "kek-env": "KEK"], ["kek-env": "MISSING"], ["kek-command": "echo a"],
        ] {
            #expect(throws: ConfigurationError.self) { try source(flags, ["KEK": "x"]) }
        }
    }

    @Test func `a variable, and what a command prints, are read as a key`() throws {
        _ = try KeyEncryptionSource.variable(name: "KEK", value: Self.hex).read()
        _ = try KeyEncryptionSource.command(["/bin/echo", Self.hex]).read()
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    @Test func `a file is read as a key, whatever line end follows, and one that is missing or none is told`()
        throws
    {
        let path = "/tmp/podmint-kek-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(path) }
        for text in [Self.hex, Self.hex + "\n"] {
            try write(text, to: path)
            _ = try KeyEncryptionSource.file(path).read()
        }
        for (text, reason) in [
            ("short", "neither 32 bytes nor"), (String(repeating: "0a", count: 200), "256"),
        ] {
            try write(text, to: path)
            #expect {
                _ = try KeyEncryptionSource.file(path).read()
            } throws: { error in
                guard case .failed(let what, _)? = error as? ToolFailure else { return false }
                return what.contains(reason) && what.contains("--kek-file") && !what.contains("short\n")
            }
        }
        #expect(throws: ToolFailure.self) { try KeyEncryptionSource.file("/no/such/key").read() }
    }

    static let failures: [([String], String)] = [
        (["/bin/false"], "exited with 1"), (["/no/such/program"], "No such file"),
        (["/bin/echo", "short"], "neither 32 bytes nor"),
        (["/usr/bin/yes"], "more than 256 bytes"),
    ]

    @Test(arguments: failures) func `what fails is told, without what it printed`(
        words: [String], reason: String
    ) {
        #expect {
            _ = try KeyEncryptionSource.command(words).read()
        } throws: { error in
            guard case .failed(let what, _)? = error as? ToolFailure else { return false }
            return what.contains(reason) && !what.contains("short\n")
        }
    }
}
