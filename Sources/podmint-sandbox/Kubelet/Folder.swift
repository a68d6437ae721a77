// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A folder for pods' files, and the few file operations a kubelet does. Paths are the sandbox's own, never a pod's.
struct Folder: Sendable {
    let path: String

    /// A failed system call, with the file it was about.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ call: String, _ path: String) {
            description = "\(call) \(path): \(unsafe String(cString: strerror(errno)))"
        }
    }

    static func made(_ path: String, mode: mode_t = 0o755) throws(Failure) -> Folder {
        let whole = absolute(path)
        var made = ""
        for part in whole.split(separator: "/") {
            made += "/" + part
            guard unsafe mkdir(made, 0o755) == 0 || errno == EEXIST else { throw Failure("mkdir", made) }
        }
        unsafe chmod(whole, mode)
        return Folder(path: whole)
    }

    func folder(_ name: String, mode: mode_t = 0o755) throws(Failure) -> Folder {
        try Self.made("\(path)/\(name)", mode: mode)
    }

    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        guard let current = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(current) }
        return unsafe String(cString: current) + "/" + path
    }

    static func write(_ text: String, to path: String, mode: mode_t) throws(Failure) {
        try write(Array(text.utf8), to: path, mode: mode)
    }

    /// Beside it first, then renamed over it: a reader finds the old file or the new one.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(Failure) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Failure("open", temporary) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw Failure("write", temporary) }
            written += count
        }
        fchmod(descriptor, mode)
        guard unsafe rename(temporary, path) == 0 else { throw Failure("rename", path) }
    }

    /// At most the last `limit` bytes; nil where there is no file.
    static func read(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        _ = lseek(descriptor, max(0, size - limit), SEEK_SET)
        var bytes = [UInt8](repeating: 0, count: min(max(0, size), limit))
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        return Array(bytes.prefix(max(0, count)))
    }

    /// `rm -rf`, following no link.
    static func remove(_ path: String) {
        if let directory = unsafe opendir(path), !isLink(path) {
            var names: [String] = []
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
                if name != "." && name != ".." { names.append(name) }
            }
            unsafe closedir(directory)
            for name in names { remove("\(path)/\(name)") }
            unsafe rmdir(path)
        } else {
            unsafe unlink(path)
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}
