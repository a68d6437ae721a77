// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// SHA-256 and its text form.
package enum Digest {
    package static let sha256Size = 32

    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes.span.bytes) }

    package static func sha256(_ bytes: RawSpan) -> [UInt8] {
        bytes.withUnsafeBytes { buffer in
            [UInt8](unsafeUninitializedCapacity: sha256Size) { digest, filled in
                let done = EVP_Digest(
                    buffer.baseAddress, buffer.count, digest.baseAddress, nil, EVP_sha256(), nil)
                guard done == 1 else {
                    preconditionFailure("SHA-256 is missing: \(OpenSSLError("EVP_Digest"))")
                }
                filled = sha256Size
            }
        }
    }

    /// Lower-case hexadecimal, two digits a byte.
    package static func hex(_ bytes: some Collection<UInt8>) -> String {
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            var next = 0
            for byte in bytes {
                text[next] = digits.utf8Start[Int(byte >> 4)]
                text[next + 1] = digits.utf8Start[Int(byte & 15)]
                next += 2
            }
            return next
        }
    }
}
