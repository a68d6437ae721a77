// SPDX-License-Identifier: Apache-2.0
import HTTP
import Telemetry
import Testing

@testable import podmint

@Suite struct ServeMetricsTests {
    private static let steps: [@Sendable (Readiness) -> Void] = [
        { _ in },
        { readiness in
            for condition in Readiness.Condition.allCases where condition != .authority {
                readiness.meet(condition)
            }
        },
        { $0.meet(.authority) },
        { $0.excuse(.rights, "not known") },
        { $0.excuse(.authority, "it cannot be made") },
        { $0.miss(.authority, "the API server is silent") },
    ]

    @Test func `podmint_ready says what readyz says, whatever is excused`() {
        let (readiness, registry) = (Readiness(), MetricsRegistry())
        _ = ServeMetrics(registry, readiness: readiness)
        var answers: [Int] = []
        for step in Self.steps {
            step(readiness)
            let answer = HealthHandler.readiness(readiness, verbose: false).status
            #expect(registry.text().contains("\npodmint_ready \(answer == 200 ? 1 : 0)\n"))
            answers.append(answer)
        }
        #expect(answers == [503, 503, 200, 200, 200, 503])
    }
}
