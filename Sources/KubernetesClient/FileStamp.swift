// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What tells one content of a path from the next without reading it: the file behind it (a kubelet switches a
/// symlink), its size and when it was last changed. fstatat(2)
package struct FileStamp: Hashable, Sendable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil for each path that leads nowhere.
    package static func of(_ paths: String...) -> [FileStamp?] { paths.map(FileStamp.init) }

    private init?(_ path: String) {
        var found = stat()
        guard unsafe fstatat(AT_FDCWD, path, &found, 0) == 0 else { return nil }
        device = UInt(found.st_dev)
        inode = UInt(found.st_ino)
        size = Int(found.st_size)
        seconds = found.st_mtim.tv_sec
        nanoseconds = found.st_mtim.tv_nsec
    }
}
