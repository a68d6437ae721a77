// SPDX-License-Identifier: Apache-2.0
import KubernetesClient
import Testing

@testable import podmint

@Suite struct FailureRowTests {
    private static let no = KubernetesError.status(code: 403, reason: "Forbidden", message: "no")

    @Test func `the same failure is news once, another one and the next row are news again`() {
        var row = FailureRow(backoff: Backoff(first: .seconds(1), longest: .seconds(4)))
        #expect(row.failed(Self.no).isNews)
        #expect(!row.failed(Self.no).isNews)
        #expect(row.failed(KubernetesError.timedOut("it")).isNews)
        #expect(row.end() && !row.end())
        #expect(row.failed(Self.no).isNews)
    }

    @Test func `each try waits longer than the one before, up to a bound`() {
        var row = FailureRow(backoff: Backoff(first: .seconds(1), longest: .seconds(4)))
        let waits = (0..<5).map { _ in row.failed(Self.no).wait }
        #expect(waits[0] < .seconds(2) && waits[2] >= .seconds(4))
        #expect(waits.allSatisfy { $0 < .seconds(8) })
        row.end()
        #expect(row.failed(Self.no).wait < .seconds(2))
    }
}
