// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Synchronization

/// Takes whole lines, one after the other, and answers for them: when it returns, the line has left the
/// process. What must not be lost (the audit) stops when this throws.
package protocol LineSink: Sendable {
    /// `line` ends with its newline.
    func write(line: [UInt8]) throws(LineSinkError)
}

/// A line could not be written.
package struct LineSinkError: Error, CustomStringConvertible {
    package let reason: String

    package init(reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// Lines to a descriptor that the process was given (standard output or error) or a file it appends to.
package final class DescriptorSink: LineSink {
    package static let standardOutput = DescriptorSink(STDOUT_FILENO)
    package static let standardError = DescriptorSink(STDERR_FILENO)

    private let descriptor: CInt
    private let synchronises: Bool
    /// Lines of two threads must not mix, also when `write(2)` takes only a part.
    private let lock = Mutex(())

    /// Borrows the descriptor: it is never closed here.
    package init(_ descriptor: CInt) {
        self.descriptor = descriptor
        synchronises = false
    }

    /// Opens (or makes, 0600) a file to append to; each line is on disk (`fdatasync`) before `write` returns.
    package init(appendingTo path: String) throws(LineSinkError) {
        let descriptor = unsafe path.withCString { path in
            unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        guard descriptor >= 0 else { throw LineSinkError(reason: "cannot open \(path): \(Self.lastError)") }
        self.descriptor = descriptor
        synchronises = true
    }

    deinit { if synchronises { close(descriptor) } }

    package func write(line: [UInt8]) throws(LineSinkError) {
        let failure: String? = lock.withLock { _ in
            var written = 0
            while written < line.count {
                let count = unsafe line.withUnsafeBytes { bytes in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                    return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                }
                if count < 0 {
                    if errno == EINTR { continue }
                    if errno == EAGAIN, waitUntilWritable() { continue }
                    return "cannot write a line: \(Self.lastError)"
                }
                written += count
            }
            guard synchronises, fdatasync(descriptor) != 0 else { return nil }
            return "cannot bring a line to disk: \(Self.lastError)"
        }
        if let failure { throw LineSinkError(reason: failure) }
    }

    /// A pipe that somebody set non-blocking: waits a second at most, for a log reader that hangs must not hang us.
    private func waitUntilWritable() -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, 1000) > 0
    }

    private static var lastError: String { unsafe String(cString: strerror(errno)) }
}
