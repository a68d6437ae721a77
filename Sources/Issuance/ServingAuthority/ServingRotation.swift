// SPDX-License-Identifier: Apache-2.0

internal import OpenSSL

/// How the rotation of the serving CA goes on, from what the Secret says and what has been read back: no clock, no
/// network.
///
/// A new CA is trusted everywhere before it signs: in the webhooks' `caBundle`s and in every `podmint-root`. When it
/// signs it is shown certified by the old one as well, for agents that learnt only of that. The old one stays trusted
/// until it ends: pods hold it in their environment, and some live for years.
package enum ServingRotation {
    package enum Step: Sendable {
        case rest
        case begin(Cause)
        /// It has begun already, or was asked for twice.
        case forgetRequest
        case wait(for: String)
        case turn(ServingAuthorities.Next)
        case discard(String, parts: [String])
        case drop
    }

    package enum Cause: Sendable, Equatable {
        case halfOfLife
        case request(String)
    }

    /// Where the successor has been read back.
    package struct Spread: Sendable {
        package var isInWebhooks: Bool
        /// Opted-in namespaces whose ConfigMap lacks it; nil while that is not known.
        package var lacking: [String]?

        package init(isInWebhooks: Bool, lacking: [String]?) {
            self.isInWebhooks = isInWebhooks
            self.lacking = lacking
        }
    }

    /// API servers and replicas learn of a change by watches: seconds, not more.
    static let settling: Int64 = 20
    /// A namespace that cannot be written into (a quota, a policy) must not hold up the rotation for ever: its agents are
    /// served by the cross-signed chain.
    static let patience: Int64 = 600

    package static func step(_ secret: ServingAuthorities, _ spread: Spread, at now: Int64) -> Step {
        switch secret.successor {
        case .unusable(let why, let parts): return .discard(why, parts: parts)
        case .waiting(let next):
            if secret.request != nil { return .forgetRequest }
            if !spread.isInWebhooks {
                return .wait(for: "the webhook configurations do not hold the new CA yet")
            }
            guard let lacking = spread.lacking else {
                return .wait(for: "which namespaces have the new CA is not known yet")
            }
            let age = now - next.madeAt
            if let first = lacking.first, age < patience {
                return .wait(
                    for:
                        "ConfigMap podmint-root lacks the new CA in \(lacking.count) namespaces, as \(first)"
                )
            }
            return age < settling ? .wait(for: "all API servers and replicas must have seen it") : .turn(next)
        case .none:
            if let request = secret.request { return .begin(.request(request)) }
            let (begin, end) = (secret.current.certificate.notBefore, secret.current.certificate.notAfter)
            if now >= begin + (end - begin) / 2 { return .begin(.halfOfLife) }
            return secret.holdsEnded(at: now) ? .drop : .rest
        }
    }
}
