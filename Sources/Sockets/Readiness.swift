// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What a descriptor is ready for, or what somebody waits for.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Nothing; an empty literal would go through the generic initialiser, once for each request.
    package init() { rawValue = 0 }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer closed both ways, or the socket failed: the next read or write says which. Always reported.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue | EPOLLERR.rawValue)

    package var hasHungUp: Bool { rawValue & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
}
