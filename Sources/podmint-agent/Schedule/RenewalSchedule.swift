// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// When a certificate is renewed: `renew-before` its end, else at a random 60-72 % of its life.
///
/// The random part comes out of the certificate's own digest, so that a restarted agent finds the same moment
/// again while a thousand pods that started together do not renew together.
struct RenewalSchedule: Hashable {
    /// Unix seconds.
    let renewAt: Int64
    let notAfter: Int64

    /// `lifetime` is what was asked for; less may have been granted. Life counts from the issuance, not from the `notBefore`
    /// that lies before it: a `renew-before` within that difference would be due as soon as the certificate is there.
    init(notBefore: Int64, notAfter: Int64, digest: [UInt8], lifetime: Int64, renewBefore: Int64?) {
        self.notAfter = notAfter
        let validity = max(notAfter - notBefore, 0)
        let life = min(lifetime, max(validity - CertificateLifetime.backdating, validity / 2))
        let start = notAfter - life
        if let renewBefore, renewBefore < life {
            renewAt = notAfter - renewBefore
        } else {
            let window = Self.share(of: life, 120, per: 1000)
            renewAt =
                start + Self.share(of: life, 600, per: 1000)
                + Self.share(of: window, Self.fraction(digest), per: 65536)
        }
    }

    func isDue(at now: Int64) -> Bool { now >= renewAt }

    /// 0..<65536 out of a digest's first bytes, which are as good as random.
    private static func fraction(_ digest: [UInt8]) -> Int64 {
        digest.prefix(2).reduce(0) { $0 << 8 | Int64($1) }
    }

    /// `life × numerator / denominator`, split so that no life, however long, overflows.
    private static func share(of life: Int64, _ numerator: Int64, per denominator: Int64) -> Int64 {
        life / denominator * numerator + life % denominator * numerator / denominator
    }
}
