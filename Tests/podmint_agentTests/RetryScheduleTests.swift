// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint_agent

@Suite struct RetryScheduleTests {
    @Test func `doubles to a ceiling, with at least half of it fixed`() {
        var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
        for bound in [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000] as [Int64] {
            let delay = schedule.delay(after: .unreachable)
            #expect((bound / 2...bound).contains(delay))
        }
        schedule.reset()
        #expect(schedule.delay(after: .unreachable) <= 1000)
    }

    @Test func `never comes back before Retry-After, nor much later`() {
        for _ in 0..<50 {
            var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
            #expect((30_000...36_000).contains(schedule.delay(after: .busy(retryAfter: 30))))
        }
    }

    @Test(arguments: [Int64.max, .min, 10_000_000]) func `is not frozen by an absurd Retry-After`(
        seconds: Int64
    ) {
        var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
        #expect((500...8_640_000).contains(schedule.delay(after: .busy(retryAfter: seconds))))
    }

    @Test func `asks slowly after a refusal`() {
        var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
        #expect(schedule.delay(after: .refused) >= 5000)
        for _ in 0..<30 { #expect(schedule.delay(after: .refused) <= 600_000) }
    }

    @Test func `waits no longer than a tenth of what is left, and never less than its first delay`() {
        let bounds: [Int64: Int64] = [0: 10_000, 60: 10_000, 300: 30_000, 86400: 600_000, .max: 600_000]
        for (life, bound) in bounds {
            var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
            for _ in 0..<20 { _ = schedule.delay(after: .refused, life: life) }
            #expect((bound / 2...bound).contains(schedule.delay(after: .refused, life: life)))
        }
        var schedule = RetrySchedule(random: SystemRandomNumberGenerator())
        #expect(schedule.delay(after: .busy(retryAfter: 30), life: 10) >= 30_000)
    }
}
