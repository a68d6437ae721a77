// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Injection

/// Annotations reach podmint before the API server counts their bytes.
struct AnnotationLimitsTests {
    private func read(_ key: String, _ value: String) -> AnnotationParser { AnnotationParser([(key, value)]) }

    @Test(arguments: ["sans", "ip-sans", "uri-sans", "name", "policy", "containers", "secret", "mount-path"])
    func `a value of megabytes is one fault`(key: String) {
        let parser = read(key, String(repeating: "a0,", count: 1_000_000))
        #expect(parser.faults.count == 1)
        #expect(parser.faults.first?.problem.contains("at most 65536 bytes, and it has 3000000") == true)
        #expect(parser.faults.allSatisfy { $0.text.utf8.count < 512 })
    }

    @Test func `a long list of good names is cut, and says so`() {
        let parser = read("sans", (0..<3000).map { "n\($0).example" }.joined(separator: ","))
        #expect(
            parser.faults.map(\.problem) == [
                "podmint.dev/sans is \"a list of 3000\"; wanted at most 128 elements",
                "podmint.dev/sans is \"128 names\"; wanted at most 64 in all",
            ])
        #expect(parser.wish.names.count == 64)
    }

    @Test(arguments: ["sans", "policy"])
    func `a long list of bad names is not told to its end`(key: String) {
        let parser = read(key, String(repeating: "!,", count: 30_000))
        #expect(parser.faults.count == AnnotationParser.mostFaults)
    }

    @Test func `very many unknown annotations are not told to their end`() {
        let parser = AnnotationParser((0..<100_000).map { ("unknown-\($0)", "") })
        #expect(parser.faults.count == AnnotationParser.mostFaults)
    }

    @Test func `a list as long as a certificate's names may be is taken`() {
        let parser = read("sans", (0..<64).map { "n\($0).example" }.joined(separator: ","))
        #expect(parser.faults == [])
        #expect(parser.wish.names.count == 64)
    }
}
