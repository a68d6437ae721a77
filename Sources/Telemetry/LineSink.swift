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
    /// How its reader does. Lines of two threads must not mix, also when `write(2)` takes only a part.
    private struct Reader {
        /// It did not take a line in time: until it takes something again, nobody waits for it.
        var hangs = false
        /// The last line ends in its middle.
        var tore = false
    }

    private let reader = Mutex(Reader())
    /// How long a line may wait for a reader that took the one before it, in milliseconds.
    private let patience: CInt
    /// A pipe that can be written to takes so much at once (`pipe(7)`, PIPE_BUF), whoever set it blocking.
    private static let piece = 4096

    /// Borrows the descriptor: it is never closed here.
    package init(_ descriptor: CInt, patienceMilliseconds: CInt = 500) {
        self.descriptor = descriptor
        synchronises = false
        patience = patienceMilliseconds
    }

    /// Opens (or makes, 0600) a file to append to; each line is on disk (`fdatasync`) before `write` returns.
    package init(appendingTo path: String) throws(LineSinkError) {
        let descriptor = unsafe path.withCString { path in
            unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        guard descriptor >= 0 else { throw LineSinkError(reason: "cannot open \(path): \(Self.lastError)") }
        self.descriptor = descriptor
        synchronises = true
        patience = 500
    }

    deinit { if synchronises { close(descriptor) } }

    /// A log reader that hangs must not hang us: a line that it does not take in time is cut or left out.
    package func write(line: [UInt8]) throws(LineSinkError) {
        let failure: String? = reader.withLock { reader in
            var rest = (reader.tore ? [UInt8(ascii: "\n")] : []) + line
            while !rest.isEmpty {
                guard isWritable(within: reader.hangs ? 0 : patience) else {
                    reader.hangs = true
                    return "nobody reads what is written"
                }
                reader.hangs = false
                let count = unsafe rest.withUnsafeBytes { bytes in
                    unsafe Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.piece))
                }
                if count < 0 {
                    if errno == EINTR { continue }
                    reader.hangs = errno == EAGAIN
                    return "cannot write a line: \(Self.lastError)"
                }
                rest.removeFirst(count)
                reader.tore = !rest.isEmpty
            }
            guard synchronises, fdatasync(descriptor) != 0 else { return nil }
            return "cannot bring a line to disk: \(Self.lastError)"
        }
        if let failure { throw LineSinkError(reason: failure) }
    }

    private func isWritable(within milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        var count: CInt
        repeat { count = unsafe poll(&entry, 1, milliseconds) } while count < 0 && errno == EINTR
        return count > 0
    }

    private static var lastError: String { unsafe String(cString: strerror(errno)) }
}
