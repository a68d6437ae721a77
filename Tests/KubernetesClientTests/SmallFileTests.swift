// SPDX-License-Identifier: Apache-2.0
import Glibc
import OpenSSL
import Testing

@testable import KubernetesClient

@Suite struct SmallFileTests {
    @Test(arguments: [0, 1, 1000, 40_000])
    func `reads whole files up to the limit`(count: Int) throws {
        let folder = try TemporaryFolder()
        folder.write("f", String(repeating: "x", count: count))
        #expect(try SmallFile.read(folder.path("f"), limit: count).count == count)
        #expect(try SmallFile.readSecret(folder.path("f"), limit: count).count == count)
        guard count > 0 else { return }
        #expect(throws: SmallFileError.self) { try SmallFile.read(folder.path("f"), limit: count - 1) }
        #expect(throws: SmallFileError.self) {
            _ = try SmallFile.readSecret(folder.path("f"), limit: count - 1)
        }
    }

    /// As standard input may be.
    @Test func `reads a socket, which cannot be opened by its name`() throws {
        for isSecret in [false, true] {
            var ends: [CInt] = [0, 0]
            #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            defer { close(ends[0]) }
            #expect(write(ends[1], "some text", 9) == 9)
            close(ends[1])
            let count =
                isSecret
                ? try SmallFile.readSecret(ends[0], "standard input", limit: 100).count
                : try SmallFile.read(ends[0], "standard input", limit: 100).count
            #expect(count == 9)
        }
    }

    @Test func `says which file and why`() throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: SmallFileError.self) {
            try SmallFile.read(folder.path("absent"), limit: 1)
        }
        #expect(missing?.isMissing == true)
        let isFolder = #expect(throws: SmallFileError.self) { try SmallFile.read(folder.path(""), limit: 1) }
        #expect(isFolder?.isMissing == false && isFolder?.reason == "Is a directory")
        #expect(SmallFile.exists(folder.path("")) && !SmallFile.exists(folder.path("absent")))
    }
}
