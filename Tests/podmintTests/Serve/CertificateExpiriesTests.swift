// SPDX-License-Identifier: Apache-2.0
import Telemetry
import Testing

@testable import Issuance
@testable import podmint

@Suite struct CertificateExpiriesTests {
    @Test func `of other authorities the first end is shown, and not of one that is gone`() {
        let registry = MetricsRegistry()
        let expiries = CertificateExpiries(registry)
        func series(_ certificate: String) -> String? {
            let name = "podmint_certificate_expiration_timestamp_seconds{certificate=\"\(certificate)\"}"
            return registry.text().split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { $0.split(separator: " ").last }.map(String.init)
        }
        #expect(series("policy-authority") == nil)
        expiries.note(AuthorityEnds(standard: 1_900_000_000, firstOfOthers: nil))
        #expect(series("authority") == "1900000000" && series("policy-authority") == nil)
        expiries.note(AuthorityEnds(standard: 1_900_000_000, firstOfOthers: 1_850_000_000))
        #expect(series("policy-authority") == "1850000000")
        // The default one is lost, the policy deleted.
        expiries.note(AuthorityEnds())
        #expect(series("authority") == "1900000000" && series("policy-authority") == nil)
    }
}
