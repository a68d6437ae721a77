// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The bearer token of our requests: none, a fixed one, or a file that the kubelet keeps writing anew.
///
/// A file is read again after a minute (a projected token is replaced at 80 % of an hour at the earliest) and
/// after a 401.
package final class TokenSource: Sendable {
    package static let rereadInterval = Duration.seconds(60)
    /// A service account token is 1 to 2 kB; with many audiences still below this.
    private static let maximumSize = 64 * 1024

    private enum Origin: Sendable {
        case none
        case fixed(String)
        case file(String)
    }

    private struct Cached {
        var token: String?
        var readAt: Duration = .zero
    }

    private let origin: Origin
    private let clock: WaitingClock
    private let cached = Mutex(Cached())

    private init(_ origin: Origin, _ clock: WaitingClock) {
        self.origin = origin
        self.clock = clock
    }

    package static let none = TokenSource(.none, .system)
    package static func fixed(_ token: String) -> TokenSource { TokenSource(.fixed(token), .system) }
    package static func file(_ path: String, clock: WaitingClock = .system) -> TokenSource {
        TokenSource(.file(path), clock)
    }

    package func current() throws(KubernetesError) -> String? {
        switch origin {
        case .none: return nil
        case .fixed(let token): return token
        case .file(let path):
            let now = clock.now()
            return try cached.withLock { cached throws(KubernetesError) in
                if let token = cached.token, now - cached.readAt < Self.rereadInterval { return token }
                // While the kubelet swaps files a read can fail: the token at hand is the better answer then.
                do throws(KubernetesError) { cached.token = try Self.read(path) } catch {
                    guard cached.token != nil else { throw error }
                }
                cached.readAt = now
                return cached.token
            }
        }
    }

    /// After a 401: forgets the token if it is still the rejected one. True when there is another to try.
    func replace(rejected: String?) async -> Bool {
        guard case .file = origin else { return false }
        cached.withLock { if $0.token == rejected { $0.token = nil } }
        return (try? current()) != rejected
    }

    private static func read(_ path: String) throws(KubernetesError) -> String {
        let bytes: [UInt8]
        do { bytes = try SmallFile.read(path, limit: maximumSize) } catch {
            throw .credentials("token: \(error)")
        }
        let words = bytes.split { $0 <= 0x20 }
        guard words.count == 1, let token = words.first, token.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .credentials("the token file \(path) does not hold one token")
        }
        return String(decoding: token, as: UTF8.self)
    }
}
