// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL
internal import Sockets

/// An open directory, and what may be done to names directly in it: every call is relative to the descriptor and
/// follows no symbolic link, so nobody can swap a path under it.
struct Directory: ~Copyable {
    private let descriptor: FileDescriptor

    /// The path comes from configuration and may lead through links; what lies below it may not.
    static func open(_ path: String) throws(SystemCallError) -> Directory {
        Directory(
            descriptor: FileDescriptor(
                owning: try call("open") {
                    unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                }))
    }

    func openDirectory(_ name: String) throws(SystemCallError) -> Directory {
        Directory(
            descriptor: FileDescriptor(
                owning: try Self.call("openat") {
                    unsafe openat(descriptor.rawValue, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }))
    }

    /// Makes a directory with exactly these permissions (a umask does not count), keeping the setgid bit that a
    /// volume with an fsGroup hands down: it is what gives the files their group.
    func makeDirectory(_ name: String, permissions: UInt32) throws(SystemCallError) -> Directory {
        try Self.call("mkdirat") { unsafe mkdirat(descriptor.rawValue, name, 0o700) }
        let made = try openDirectory(name)
        var status = stat()
        try Self.call("fstat") { unsafe fstat(made.descriptor.rawValue, &status) }
        let inherited = status.st_mode & mode_t(S_ISGID)
        try Self.call("fchmod") { fchmod(made.descriptor.rawValue, mode_t(permissions) | inherited) }
        return made
    }

    /// Makes a new file that is complete, synced and has exactly these permissions once this returns.
    func createFile(
        _ name: String, permissions: UInt32, _ fill: (borrowing NewFile) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        let file = NewFile(
            descriptor: FileDescriptor(
                owning: try Self.call("openat") {
                    unsafe openat(
                        descriptor.rawValue, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600
                    )
                }))
        try fill(file)
        try Self.call("fchmod") { fchmod(file.descriptor.rawValue, mode_t(permissions)) }
        try Self.call("fsync") { fsync(file.descriptor.rawValue) }
    }

    /// Reads a regular file; nil when there is none, EFBIG when it is over the limit.
    func readFile(_ name: String, limit: Int) throws(SystemCallError) -> [UInt8]? {
        guard let file = try openFile(name, limit: limit) else { return nil }
        return try unsafe [UInt8](unsafeUninitializedCapacity: file.size) {
            buffer, count throws(SystemCallError) in
            count = try unsafe file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// The same into memory that is wiped.
    func readSecret(_ name: String, limit: Int) throws(SystemCallError) -> SecretBytes? {
        guard let file = try openFile(name, limit: limit) else { return nil }
        return try unsafe SecretBytes(capacity: file.size) { buffer throws(SystemCallError) in
            try unsafe file.read(into: buffer)
        }
    }

    /// Whether a regular file holds the one and then the other, and nothing else; nil when there is none. Read bit by bit into
    /// memory that is wiped: what is secret in it is in that memory once already.
    func holds(_ first: RawSpan, then second: RawSpan, _ name: String, limit: Int) throws(SystemCallError)
        -> Bool?
    {
        guard let file = try openFile(name, limit: limit) else { return nil }
        guard file.size == first.byteCount + second.byteCount else { return false }
        guard try file.continues(with: first) else { return false }
        return try file.continues(with: second)
    }

    private func openFile(_ name: String, limit: Int) throws(SystemCallError) -> FoundFile? {
        let raw = unsafe openat(descriptor.rawValue, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else {
            if errno == ENOENT { return nil }
            throw SystemCallError("openat", code: errno)
        }
        let file = FileDescriptor(owning: raw)
        var status = stat()
        try Self.call("fstat") { unsafe fstat(file.rawValue, &status) }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
            throw SystemCallError("openat", code: EINVAL)
        }
        guard status.st_size <= limit else { throw SystemCallError("read", code: EFBIG) }
        return FoundFile(descriptor: file, size: Int(status.st_size))
    }

    /// Where a symbolic link leads; nil when there is no link of that name.
    func linkTarget(_ name: String) throws(SystemCallError) -> String? {
        var failure: SystemCallError?
        let target: String? = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            guard let start = text.baseAddress else { return nil }
            let count = unsafe readlinkat(descriptor.rawValue, name, start, text.count)
            guard count >= 0 else {
                if errno != ENOENT, errno != EINVAL { failure = SystemCallError("readlinkat", code: errno) }
                return nil
            }
            return unsafe String(decoding: UnsafeRawBufferPointer(text).prefix(count), as: UTF8.self)
        }
        if let failure { throw failure }
        return target
    }

    func createLink(_ name: String, to target: String) throws(SystemCallError) {
        try Self.call("symlinkat") { unsafe symlinkat(target, descriptor.rawValue, name) }
    }

    /// Replaces `newName` in one step. rename(2)
    func rename(_ name: String, to newName: String) throws(SystemCallError) {
        try Self.call("renameat") { unsafe renameat(descriptor.rawValue, name, descriptor.rawValue, newName) }
    }

    /// Removes a file, a link, or a directory of files; that nothing is there is fine.
    func remove(_ name: String) throws(SystemCallError) {
        if unsafe unlinkat(descriptor.rawValue, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw SystemCallError("unlinkat", code: errno) }
        let child = try openDirectory(name)
        for entry in try child.entries() {
            try Self.call("unlinkat") { unsafe unlinkat(child.descriptor.rawValue, entry, 0) }
        }
        try Self.call("unlinkat") { unsafe unlinkat(descriptor.rawValue, name, AT_REMOVEDIR) }
    }

    func sync() throws(SystemCallError) { try Self.call("fsync") { fsync(descriptor.rawValue) } }

    /// Names in the directory, without `.` and `..`; reading stops at 1000, far above what an agent ever makes.
    func entries() throws(SystemCallError) -> [String] {
        let copy = try Self.call("openat") {
            unsafe openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = unsafe fdopendir(copy) else {
            let code = errno
            close(copy)
            throw SystemCallError("fdopendir", code: code)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count < 1000, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    @discardableResult
    private static func call(_ name: StaticString, _ body: () -> CInt) throws(SystemCallError) -> CInt {
        while true {
            let result = body()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemCallError(name, code: errno) }
        }
    }
}

/// A regular file, open for reading.
private struct FoundFile: ~Copyable {
    let descriptor: FileDescriptor
    /// When it was opened.
    let size: Int

    /// As much as there is room for, or less at the file's end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int {
        var total = 0
        while total < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
            let count = unsafe Glibc.read(descriptor.rawValue, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError("read", code: errno) }
            if count == 0 { break }
            total += count
        }
        return total
    }

    /// Whether these bytes come next.
    func continues(with bytes: RawSpan) throws(SystemCallError) -> Bool {
        var start = 0
        while start < bytes.byteCount {
            let end = min(start + Self.pieceSize, bytes.byteCount)
            let piece = try unsafe SecretBytes(capacity: end - start) { buffer throws(SystemCallError) in
                try unsafe read(into: buffer)
            }
            guard piece.equals(bytes.extracting(start..<end)) else { return false }
            start = end
        }
        return true
    }

    private static let pieceSize = 2048
}

/// A file being filled, which nobody else knows yet.
struct NewFile: ~Copyable {
    fileprivate let descriptor: FileDescriptor

    func write(_ bytes: RawSpan) throws(SystemCallError) {
        var written = 0
        while written < bytes.byteCount {
            let count = unsafe bytes.extracting(written...).withUnsafeBytes { rest in
                unsafe Glibc.write(descriptor.rawValue, rest.baseAddress, rest.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemCallError("write", code: count == 0 ? ENOSPC : errno) }
            written += count
        }
    }
}
