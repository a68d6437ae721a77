// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesClient

@Suite struct TokenSourceTests {
    @Test func `reads its file again after a minute, not before`() throws {
        let folder = try TemporaryFolder()
        folder.write("token", "one\n")
        let manual = ManualClock()
        let source = TokenSource.file(folder.path("token"), clock: manual.clock)
        #expect(try source.current() == "one")
        folder.write("token", "two\n")
        manual.advance(.seconds(59))
        #expect(try source.current() == "one")
        manual.advance(.seconds(1))
        #expect(try source.current() == "two")
    }

    @Test func `keeps its token while the file cannot be read`() throws {
        let folder = try TemporaryFolder()
        folder.write("token", "one")
        let manual = ManualClock()
        let source = TokenSource.file(folder.path("token"), clock: manual.clock)
        #expect(try source.current() == "one")
        folder.write("token", "")
        manual.advance(.seconds(61))
        #expect(try source.current() == "one")
    }

    @Test(arguments: ["", "a b", "a\nb", "ä", "  "])
    func `refuses what is not one token`(text: String) throws {
        let folder = try TemporaryFolder()
        folder.write("token", text)
        #expect(throws: KubernetesError.self) { try TokenSource.file(folder.path("token")).current() }
    }

    @Test func `a missing file is named`() {
        #expect(throws: KubernetesError.credentials("token: /no/such/token: No such file or directory")) {
            try TokenSource.file("/no/such/token").current()
        }
    }

    @Test func `a fixed token has no successor`() async throws {
        #expect(try TokenSource.fixed("a").current() == "a")
        #expect(await TokenSource.fixed("a").replace(rejected: "a") == false)
        #expect(try TokenSource.none.current() == nil)
    }
}
