// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// A short name for a pod template: equal templates, equal hashes, whatever the order of their members.
enum TemplateHash {
    static func of(_ template: JSONValue) -> String {
        // FNV-1a: names need no secrecy, only to be the same in every run.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        mix(template, into: &hash)
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        var text = ""
        for _ in 0..<10 {
            text.append(alphabet[Int(hash % UInt64(alphabet.count))])
            hash /= UInt64(alphabet.count)
        }
        return text
    }

    private static func mix(_ value: JSONValue, into hash: inout UInt64) {
        switch value {
        case .object(let fields):
            for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
                mix(.string(key), into: &hash)
                mix(value, into: &hash)
            }
        case .array(let elements): for element in elements { mix(element, into: &hash) }
        default:
            for byte in value.serialized() + [0] {
                hash ^= UInt64(byte)
                hash = hash &* 0x100_0000_01b3
            }
        }
    }
}
