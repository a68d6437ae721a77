// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A volume whose files all change at once, as the kubelet writes them: `..data` is a link to a dated folder, and
/// each file a link through it.
struct AtomicVolume {
    let folder: Folder
    let group: Int?

    /// Writes only when something changed; true then.
    @discardableResult
    func write(_ files: [String: [UInt8]], mode: UInt32, stamp: String) throws(Folder.Failure) -> Bool {
        let current = files.keys.sorted()
        if current.allSatisfy({ Folder.read("\(folder.path)/..data/\($0)", limit: 4 << 20) == files[$0] }),
            !current.isEmpty, names(of: "\(folder.path)/..data") == current.map(top).uniqued()
        {
            return false
        }
        let dated = "..\(stamp)"
        let target = try folder.folder(dated)
        for (name, bytes) in files {
            if let slash = name.lastIndex(of: "/") { _ = try target.folder(String(name[..<slash])) }
            let path = "\(target.path)/\(name)"
            // With an fsGroup the kubelet lets the group read what others then may not.
            try Folder.write(bytes, to: path, mode: group == nil ? mode : (mode | 0o040) & ~0o007)
            if let group { unsafe chown(path, getuid(), gid_t(group)) }
        }
        let old = link("\(folder.path)/..data")
        let fresh = "\(folder.path)/..data_tmp"
        unsafe unlink(fresh)
        guard unsafe symlink(dated, fresh) == 0, unsafe rename(fresh, "\(folder.path)/..data") == 0 else {
            throw Folder.Failure("symlink", fresh)
        }
        for name in files.keys.map(top).uniqued() {
            unsafe symlink("..data/\(name)", "\(folder.path)/\(name)")
        }
        if let old, old != dated { Folder.remove("\(folder.path)/\(old)") }
        return true
    }

    private func top(_ name: String) -> String { String(name.prefix { $0 != "/" }) }

    private func names(of path: String) -> [String] {
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func link(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe bytes.withUnsafeMutableBytes { raw in
            guard let start = unsafe raw.bindMemory(to: CChar.self).baseAddress else { return 0 }
            return unsafe readlink(path, start, raw.count)
        }
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] { Set(self).sorted() }
}
