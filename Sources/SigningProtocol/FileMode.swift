// SPDX-License-Identifier: Apache-2.0

/// Permissions of the published files, as octal text of three or four digits (`0440`, `444`).
///
/// Refuses modes that the owner cannot read (the agent reads its own files again after a restart), that let
/// anyone but the owner write, that execute, and setuid, setgid or sticky bits.
package struct FileMode: Hashable, Sendable {
    package let bits: UInt32

    package static let groupReadable = FileMode(unchecked: 0o440)
    package static let worldReadable = FileMode(unchecked: 0o444)

    package init?(parsing text: String) {
        let digits = text.utf8
        guard (3...4).contains(digits.count), let bits = UInt32(text, radix: 8),
            digits.first != UInt8(ascii: "+")
        else { return nil }
        guard bits & 0o400 != 0, bits & ~0o644 == 0 else { return nil }
        self.bits = bits
    }

    /// Four digits, as an annotation or an environment variable carries it.
    package var text: String {
        let digits = [9, 6, 3, 0].map { UInt8(ascii: "0") + UInt8(bits >> $0 & 7) }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Who may read the files must be able to walk through their directory, and nobody else need.
    package var directoryBits: UInt32 {
        0o700 | (bits & 0o040 != 0 ? 0o050 : 0) | (bits & 0o004 != 0 ? 0o055 : 0)
    }

    private init(unchecked bits: UInt32) { self.bits = bits }
}
