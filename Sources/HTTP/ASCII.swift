// SPDX-License-Identifier: Apache-2.0

/// The character classes of RFC 9110 and RFC 3986, as bit sets: no tables to load, no locale.
enum ASCII {
    static let cr: UInt8 = 0x0D, lf: UInt8 = 0x0A, space: UInt8 = 0x20, tab: UInt8 = 0x09, colon: UInt8 = 0x3A

    @inline(__always) static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// tchar: what names of methods and fields are made of. RFC 9110 section 5.6.2
    @inline(__always) static func isToken(_ byte: UInt8) -> Bool {
        // !#$%&'*+-. 0-9 | A-Z ^_` a-z |~
        isMember(byte, low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
    }

    /// What a field value may hold: visible characters, space, tab and bytes from 0x80. RFC 9110 section 5.5
    @inline(__always) static func isFieldContent(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == tab
    }

    /// What a request target in origin form may hold: no space, no control, no fragment, no raw bytes from 0x80.
    @inline(__always) static func isTarget(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x23
    }

    @inline(__always) static func digit(_ byte: UInt8) -> Int? {
        byte &- 0x30 < 10 ? Int(byte &- 0x30) : nil
    }

    @inline(__always) static func hexDigit(_ byte: UInt8) -> Int? {
        if let digit = digit(byte) { return digit }
        let letter = lowercased(byte)
        return letter &- 0x61 < 6 ? Int(letter &- 0x61) + 10 : nil
    }

    @inline(__always) private static func isMember(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        guard byte < 128 else { return false }
        return (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1
    }
}
