// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL
internal import Sockets

/// Small files that somebody else keeps current, such as the kubelet's projections, whose names are links.
enum TextFile {
    /// EFBIG for what is over the limit. Bytes that are no UTF-8 are replaced, which no parser then accepts.
    static func read(_ path: String, limit: Int) throws(SystemCallError) -> String {
        let raw = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw SystemCallError("open", code: errno) }
        let file = FileDescriptor(owning: raw)
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(
                    file.rawValue, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemCallError("read", code: errno) }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else { throw SystemCallError("read", code: EFBIG) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// The same into memory that is wiped.
    static func readSecret(_ path: String, limit: Int) throws(SystemCallError) -> SecretBytes {
        let raw = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw SystemCallError("open", code: errno) }
        let file = FileDescriptor(owning: raw)
        let secret = try unsafe SecretBytes(capacity: limit + 1) { room throws(SystemCallError) in
            var count = 0
            while count < room.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: room[count...])
                let got = unsafe Glibc.read(file.rawValue, rest.baseAddress, rest.count)
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw SystemCallError("read", code: errno) }
                if got == 0 { break }
                count += got
            }
            return count
        }
        guard secret.count <= limit else { throw SystemCallError("read", code: EFBIG) }
        return secret
    }
}
