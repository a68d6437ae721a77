// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// One name of a certificate (RFC 5280 section 4.2.1.6).
package enum SubjectAlternativeName: Hashable, Sendable {
    case dns(String)
    /// 4 or 16 bytes, in network order.
    case ip([UInt8])
    case uri(String)
    case email(String)
    /// A kind podmint never issues, or a known kind with content that is not printable ASCII.
    case other(String)

    /// As people and other tools write it: the bare name or address.
    package var text: String {
        switch self {
        case .dns(let name), .uri(let name), .email(let name), .other(let name): name
        case .ip(let bytes): Self.text(ofAddress: bytes)
        }
    }

    /// The address of a literal (`inet_pton`); nil for anything else, zones and prefixes included.
    package static func ip(parsing text: String) -> SubjectAlternativeName? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return .ip(Array(bytes.prefix(4))) }
        if inet_pton(AF_INET6, text, &bytes) == 1 { return .ip(bytes) }
        return nil
    }

    private static func text(ofAddress bytes: [UInt8]) -> String {
        guard bytes.count == 4 || bytes.count == 16 else { return Digest.hex(bytes) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 46) { buffer in
            let family = bytes.count == 4 ? AF_INET : AF_INET6
            guard let start = buffer.baseAddress,
                inet_ntop(family, bytes, start, socklen_t(buffer.count)) != nil
            else {
                return Digest.hex(bytes)
            }
            return String(cString: start)
        }
    }

    init(_ name: UnsafePointer<GENERAL_NAME>) {
        var kind: CInt = 0
        guard let value = GENERAL_NAME_get0_value(name, &kind) else {
            self = .other("empty name")
            return
        }
        switch kind {
        case GEN_DNS: self = Self.printable(value).map { .dns($0) } ?? .other("unprintable DNS name")
        case GEN_URI: self = Self.printable(value).map { .uri($0) } ?? .other("unprintable URI")
        case GEN_EMAIL: self = Self.printable(value).map { .email($0) } ?? .other("unprintable address")
        case GEN_IPADD:
            let bytes = Self.bytes(value)
            self =
                bytes.count == 4 || bytes.count == 16
                ? .ip(bytes) : .other("IP address of \(bytes.count) bytes")
        case GEN_DIRNAME: self = .other("directory name")
        case GEN_RID: self = .other("registered ID")
        default: self = .other("other name")
        }
    }

    /// A name that holds NUL, control characters or anything past ASCII is no name to compare with.
    private static func printable(_ value: UnsafeMutableRawPointer) -> String? {
        let bytes = bytes(value)
        guard bytes.allSatisfy({ (0x21..<0x7f).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func bytes(_ value: UnsafeMutableRawPointer) -> [UInt8] {
        let string = value.assumingMemoryBound(to: ASN1_STRING.self)
        return Array(
            UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string))))
    }
}
