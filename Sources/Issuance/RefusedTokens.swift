// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Synchronization

/// Tokens that the API server refused a moment ago, and who keeps sending such: each costs it a review, before anybody
/// knows who asks. Good tokens are never counted.
///
/// Bounded: what fell out of the tables starts anew, which only those notice who flood.
final class RefusedTokens: Sendable {
    /// Shorter than an agent waits after a refusal; the kubelet may have another token by then.
    static let memory = 5.0
    static let tokenLimit = 4096
    /// An address may be a node's that stands for all of its pods: so many broken ones start there at once,
    static let burst = 200.0
    /// and ask again every few seconds at first.
    static let perSecond = 5.0
    static let peerLimit = 4096

    private struct Refused {
        let refusal: Refusal
        let until: Double
    }

    private struct Bucket {
        var tokens: Double
        var filledAt: Double
    }

    private struct State {
        var tokens = BoundedMap<[UInt8], Refused>(limit: tokenLimit)
        var peers = BoundedMap<String, Bucket>(limit: peerLimit)
    }

    private let state = Mutex(State())
    private let clock: IssuanceClock

    init(clock: IssuanceClock) { self.clock = clock }

    /// Refuses what was refused a moment ago, and who has sent too much of that.
    func check(_ token: String, from peer: String) throws(Refusal) {
        let (digest, now) = (Self.digest(token), now)
        let refusal: Refusal? = state.withLock { state in
            if let known = state.tokens[digest], now < known.until { return known.refusal }
            let left = Self.left(in: state.peers[peer], at: now)
            guard left < 1 else { return nil }
            let seconds = Int(((1 - left) / Self.perSecond).rounded(.up))
            return Refusal(
                .rateLimited, status: 429, "too many tokens of \(peer) were refused",
                hint:
                    "it may ask again in \(seconds) s; pods there send tokens that the API server does not accept",
                retryAfter: seconds)
        }
        if let refusal { throw refusal }
    }

    func note(_ token: String, from peer: String, _ refusal: Refusal) {
        let (digest, now) = (Self.digest(token), now)
        state.withLock { state in
            state.tokens[digest] = Refused(refusal: refusal, until: now + Self.memory)
            state.peers[peer] = Bucket(tokens: Self.left(in: state.peers[peer], at: now) - 1, filledAt: now)
        }
    }

    private static func left(in bucket: Bucket?, at now: Double) -> Double {
        guard let bucket else { return burst }
        return min(burst, bucket.tokens + (now - bucket.filledAt) * perSecond)
    }

    private static func digest(_ token: String) -> [UInt8] { Digest.sha256(Array(token.utf8)) }

    private var now: Double {
        let (seconds, attoseconds) = clock.elapsed().components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
