// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// The `openssl` program, which shares nothing with us but the certificate.
struct OpenSSLProgram {
    private let folder: String

    init() throws {
        var template = Array("/tmp/podmint-issuance-XXXXXX".utf8CString)
        folder = String(cString: try #require(mkdtemp(&template)))
    }

    func write(_ name: String, _ text: String) throws {
        let file = try #require(fopen("\(folder)/\(name)", "w"))
        defer { fclose(file) }
        #expect(fputs(text, file) >= 0)
    }

    /// Runs in the folder; standard output and error, and whether it was content.
    func run(_ arguments: String) throws -> (output: String, succeeded: Bool) {
        let pipe = try #require(popen("cd \(folder) && openssl \(arguments) 2>&1", "r"))
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&piece, 1, piece.count, pipe), count > 0 { output += piece[..<count] }
        return (String(decoding: output, as: UTF8.self), pclose(pipe) == 0)
    }

    func remove() {
        for name in ["ca.pem", "leaf.pem", "key.pem"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
