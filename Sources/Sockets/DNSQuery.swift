// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// One question to the name servers of `/etc/resolv.conf`, with its search list and ndots; the answer is handed
/// back undecoded. No `/etc/hosts` and no NSS: getaddrinfo(3) of a static glibc wants shared libraries at run time.
/// res_nsearch(3)
package enum DNSQuery {
    /// Resource record types, RFC 1035 section 3.2.2 and RFC 3596 section 2.1.
    package enum RecordType: Int, Sendable {
        case a = 1
        case aaaa = 28
    }

    package enum Outcome: Equatable, Sendable {
        /// RFC 1035 section 4.1, as it came.
        case message([UInt8])
        /// There is no such name, or nothing of this type.
        case nothing
        /// No server answered in time, or none could.
        case failed
    }

    /// Blocks for at most `seconds` × `attempts` × name servers for each name of the search list.
    package static func send(_ name: String, _ type: RecordType, seconds: Int, attempts: Int) -> Outcome {
        var message = [UInt8](repeating: 0, count: answerLimit)
        let count = message.withUnsafeMutableBytes { buffer in
            podmint_res_search(
                name, CInt(type.rawValue), CInt(seconds), CInt(attempts), buffer.baseAddress,
                CInt(buffer.count))
        }
        switch count {
        case PODMINT_RES_UNKNOWN: return .nothing
        case ..<0: return .failed
        default: return .message(Array(message.prefix(Int(count))))
        }
    }

    /// 16 IPv6 records of 28 bytes and two full names fit into 1 kB; a larger answer, over TCP, is cut.
    private static let answerLimit = 8192
}
