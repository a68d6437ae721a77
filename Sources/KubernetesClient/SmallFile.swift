// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import OpenSSL

/// A file that cannot be read, said for people.
package struct SmallFileError: Error, Hashable, CustomStringConvertible {
    package let path: String
    package let reason: String
    package let isMissing: Bool

    package var description: String { "\(path): \(reason)" }
}

/// Reads configuration-sized files whole. open(2), read(2)
package enum SmallFile {
    package static func read(_ path: String, limit: Int) throws(SmallFileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        return try read(descriptor, path, limit: limit)
    }

    /// read(2), not `/dev/stdin`, which cannot be opened when it is a socket.
    package static func readStandardInput(limit: Int) throws(SmallFileError) -> [UInt8] {
        try read(STDIN_FILENO, standardInput, limit: limit)
    }

    static func read(_ descriptor: CInt, _ path: String, limit: Int) throws(SmallFileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw SmallFileError(
                    path: path, reason: "larger than the \(limit) bytes that it may have", isMissing: false)
            }
        }
    }

    /// Into memory that is wiped.
    package static func readSecret(_ path: String, limit: Int) throws(SmallFileError) -> SecretBytes {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        return try readSecret(descriptor, path, limit: limit)
    }

    package static func readSecretFromStandardInput(limit: Int) throws(SmallFileError) -> SecretBytes {
        try readSecret(STDIN_FILENO, standardInput, limit: limit)
    }

    static func readSecret(
        _ descriptor: CInt, _ path: String, limit: Int
    ) throws(SmallFileError) -> SecretBytes {
        try unsafe SecretBytes(capacity: limit + 1) { room throws(SmallFileError) in
            var filled = 0
            while filled <= limit {
                let count = unsafe Glibc.read(
                    descriptor, room.baseAddress.map { unsafe $0 + filled }, room.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw failure(path) }
                guard count > 0 else { return filled }
                filled += count
            }
            throw SmallFileError(
                path: path, reason: "larger than the \(limit) bytes that it may have", isMissing: false)
        }
    }

    private static let standardInput = "standard input"

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    private static func failure(_ path: String) -> SmallFileError {
        let code = errno
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return SmallFileError(path: path, reason: reason, isMissing: code == ENOENT || code == ENOTDIR)
    }
}
