// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import OpenSSL
internal import Synchronization
internal import Telemetry

/// When podmint's own certificates end.
final class CertificateExpiries: Sendable {
    enum Subject: String, MetricLabels {
        /// The CA that signs for pods whose policy names no other.
        case authority
        /// Of those of policies and ClusterAuthorities that this replica holds, the one that ends first.
        case policyAuthority = "policy-authority"
        /// The CA of the certificate that podmint serves with; absent where somebody else's files say.
        case servingAuthority = "serving-authority"
        /// What new connections are shown.
        case serving

        static var names: [String] { ["certificate"] }
        var values: [String] { [rawValue] }
    }

    private let ends = Mutex<[Subject: Int64]>([:])

    init(_ registry: MetricsRegistry) {
        registry.gauge(
            "podmint_certificate_expiration_timestamp_seconds",
            help: "When a certificate of podmint's own ends, in seconds since the epoch.", by: Subject.self
        ) { [self] subject in ends.withLock { $0[subject] }.map(Double.init) }
    }

    /// `notAfter` is in seconds since the epoch.
    func set(_ subject: Subject, notAfter: Int64) { ends.withLock { $0[subject] = notAfter } }

    func note(_ authorities: AuthorityEnds) {
        ends.withLock { ends in
            // Of a default authority that is gone the end still counts: somebody must look.
            if let end = authorities.standard { ends[.authority] = end }
            ends[.policyAuthority] = authorities.firstOfOthers
        }
    }

    /// What is served with from now on, and the CA behind it where that is podmint's.
    func note(_ source: any ServingSource, shown: TLSIdentity) {
        set(.serving, notAfter: shown.certificateChain.first?.notAfter ?? 0)
        guard let managed = source as? ManagedServing else { return }
        set(.servingAuthority, notAfter: managed.authorities.current.certificate.notAfter)
    }
}
