// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What this machine calls itself: in a pod, the pod's name, which tells replicas apart.
enum HostName {
    static var current: String {
        var name = [UInt8](repeating: 0, count: 256)
        // The last byte stays zero, so that a name that was cut still ends.
        let found = unsafe name.withUnsafeMutableBytes { bytes in
            unsafe gethostname(bytes.bindMemory(to: CChar.self).baseAddress!, bytes.count - 1) == 0
        }
        let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        return found && !text.isEmpty ? text : "podmint"
    }
}
