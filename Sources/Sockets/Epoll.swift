// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Level-triggered epoll(7). Each descriptor carries a token of the caller's choosing.
struct Epoll: ~Copyable {
    private let descriptor: FileDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    /// Events taken per epoll_wait(2): more would only wait longer in our own queue.
    private static let capacity = 64

    static func create() throws(SystemCallError) -> Epoll {
        Epoll(
            owning: FileDescriptor(
                owning: try systemCall("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) }))
    }

    private init(owning descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
        events = .allocate(capacity: Self.capacity)
    }

    deinit { events.deallocate() }

    func add(_ descriptor: CInt, _ readiness: Readiness, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_ADD, descriptor, readiness, token)
    }

    func modify(_ descriptor: CInt, _ readiness: Readiness, token: UInt64) throws(SystemCallError) {
        try control(EPOLL_CTL_MOD, descriptor, readiness, token)
    }

    func remove(_ descriptor: CInt) {
        var event = epoll_event()
        _ = epoll_ctl(self.descriptor.rawValue, EPOLL_CTL_DEL, descriptor, &event)
    }

    /// How many events there are to read with `event(at:)`. Negative milliseconds wait for ever.
    func wait(milliseconds: CInt) throws(SystemCallError) -> Int {
        let count = epoll_wait(descriptor.rawValue, events, CInt(Self.capacity), milliseconds)
        if count >= 0 { return Int(count) }
        guard errno == EINTR else { throw SystemCallError("epoll_wait") }
        return 0
    }

    func event(at index: Int) -> (token: UInt64, readiness: Readiness) {
        (events[index].data.u64, Readiness(rawValue: events[index].events))
    }

    private func control(
        _ operation: CInt, _ descriptor: CInt, _ readiness: Readiness, _ token: UInt64
    ) throws(SystemCallError) {
        var event = epoll_event()
        event.events = readiness.rawValue
        event.data.u64 = token
        try systemCall("epoll_ctl") { epoll_ctl(self.descriptor.rawValue, operation, descriptor, &event) }
    }
}
