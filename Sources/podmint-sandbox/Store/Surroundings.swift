// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import KubernetesAPI

/// Time and randomness, so that tests decide both. The skew is a fault that an admin can switch on.
struct Surroundings: Sendable {
    var seconds: @Sendable () -> Int64
    var random: @Sendable (ClosedRange<Int>) -> Int

    static let real = Surroundings(
        seconds: { Int64(time(nil)) }, random: { Int.random(in: $0) })

    var now: String { Self.text(seconds()) }

    static func text(_ seconds: Int64) -> String { Timestamp(secondsSinceEpoch: seconds).description }

    func uuid() -> String {
        var bytes = (0..<16).map { _ in UInt8(random(0...255)) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Self.hex(bytes)
        var groups: [Substring] = []
        var rest = Substring(digits)
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }

    /// The alphabet the API server uses for generated names: no vowels, so no words.
    func suffix(_ length: Int = 5) -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String((0..<length).map { _ in alphabet[random(0...alphabet.count - 1)] })
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
