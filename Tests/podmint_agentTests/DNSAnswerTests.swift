// SPDX-License-Identifier: Apache-2.0
import Sockets
import Testing

@testable import podmint_agent

@Suite struct DNSAnswerTests {
    private static let question: [UInt8] = [3] + Array("api".utf8) + [0, 0, 1, 0, 1]

    private func message(questions: UInt8 = 1, answers: UInt8, _ records: [UInt8]) -> [UInt8] {
        [0, 1, 0x81, 0x80, 0, questions, 0, answers, 0, 0, 0, 0] + (questions > 0 ? Self.question : [])
            + records
    }

    private func record(type: UInt8, _ content: [UInt8], network: UInt8 = 1) -> [UInt8] {
        [0xC0, 12, 0, type, 0, network, 0, 0, 0, 30, 0, UInt8(content.count)] + content
    }

    @Test func `reads addresses behind a CNAME`() {
        let answer = message(
            answers: 3,
            record(type: 5, [1, 97, 0]) + record(type: 1, [10, 0, 0, 1]) + record(type: 1, [10, 0, 0, 2]))
        #expect(DNSAnswer.addresses(in: answer, of: .a).map(\.text) == ["10.0.0.1", "10.0.0.2"])
        #expect(DNSAnswer.addresses(in: answer, of: .aaaa).isEmpty)
    }

    @Test func `reads IPv6`() {
        let answer = message(answers: 1, record(type: 28, [0xFD] + [UInt8](repeating: 0, count: 14) + [1]))
        #expect(DNSAnswer.addresses(in: answer, of: .aaaa).map(\.text) == ["fd00::1"])
    }

    @Test func `passes over records of another class or a wrong size`() {
        let answer = message(
            answers: 3,
            record(type: 1, [1, 2, 3, 4], network: 3) + record(type: 1, [1, 2, 3])
                + record(type: 1, [9, 9, 9, 9]))
        #expect(DNSAnswer.addresses(in: answer, of: .a).map(\.text) == ["9.9.9.9"])
    }

    @Test func `takes no more than its limit`() {
        let answer = message(answers: 40, (0..<40).flatMap { record(type: 1, [10, 0, 0, $0]) })
        #expect(DNSAnswer.addresses(in: answer, of: .a).count == DNSAnswer.addressLimit)
    }

    @Test func `stops at the end of whatever is cut`() {
        let whole = message(answers: 1, record(type: 1, [10, 0, 0, 1]))
        for count in 0..<whole.count {
            #expect(DNSAnswer.addresses(in: Array(whole[..<count]), of: .a).isEmpty)
        }
    }

    @Test func `never reads past random bytes`() {
        for _ in 0..<2000 {
            let count = Int.random(in: 0...80)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            _ = DNSAnswer.addresses(in: bytes, of: .a)
        }
    }

    @Test func `knows localhost without a name server`() {
        #expect(
            NameResolver.system.resolve("localhost")
                == .addresses(
                    [IPAddress(parsing: "127.0.0.1"), IPAddress(parsing: "::1")].compactMap(\.self)))
    }
}
