// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Cluster IPs for Services and addresses for pods, each given once.
final class AddressPool: Sendable {
    private let next = Mutex((service: 10, pod: 1))

    /// 10.96.0.0/16; .1 is the API's own.
    func serviceAddress() -> String {
        let number = next.withLock { next in
            next.service += 1
            return next.service
        }
        return "10.96.\(number / 250 % 256).\(number % 250 + 2)"
    }

    /// 10.244.0.0/16, as most networks have it: names only, nothing listens there. Never a loopback address, which no
    /// certificate would carry.
    func podAddress() -> String {
        let number = next.withLock { next in
            next.pod += 1
            return next.pod
        }
        return "10.244.\(number / 250 % 256).\(number % 250 + 2)"
    }
}
