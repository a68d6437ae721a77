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

    /// 127.x.y.z, so that a program can listen there: 127.1.0.2 onwards.
    func podAddress() -> String {
        let number = next.withLock { next in
            next.pod += 1
            return next.pod
        }
        return "127.\(1 + number / 62_500 % 250).\(number / 250 % 250).\(number % 250 + 1)"
    }
}
