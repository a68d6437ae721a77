// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesClient

@Suite struct BackoffTests {
    @Test func `doubles up to its cap and starts over`() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(30))
        var random = Zero()
        let waits = (0..<7).map { _ in backoff.next(&random) }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
        backoff.reset()
        #expect(backoff.next(&random) == .seconds(1))
    }

    @Test func `adds up to as much again by chance`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var backoff = Backoff(first: .seconds(1), longest: .seconds(30))
            let wait = backoff.next(&random)
            #expect(wait >= .seconds(1) && wait < .seconds(2))
        }
    }

    @Test func `goes on after any number of failures`() {
        var backoff = Backoff()
        var random = Zero()
        for _ in 0..<10_000 { #expect(backoff.next(&random) <= .seconds(30)) }
    }
}

/// No chance at all.
struct Zero: RandomNumberGenerator {
    mutating func next() -> UInt64 { 0 }
}
