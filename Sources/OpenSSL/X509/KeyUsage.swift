// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// RFC 5280 section 4.2.1.3; raw values are OpenSSL's `KU_*` bits.
package enum KeyUsage: UInt32, CaseIterable, Hashable, Sendable {
    case digitalSignature = 0x80
    case nonRepudiation = 0x40
    case keyEncipherment = 0x20
    case dataEncipherment = 0x10
    case keyAgreement = 0x08
    case keyCertSign = 0x04
    case crlSign = 0x02
    case encipherOnly = 0x01
    case decipherOnly = 0x8000

    /// Its place in the BIT STRING.
    var bit: CInt { self == .decipherOnly ? 8 : CInt(7 - rawValue.trailingZeroBitCount) }
}

/// RFC 5280 section 4.2.1.12.
package enum ExtendedKeyUsage: Hashable, Sendable {
    case serverAuth
    case clientAuth
    case any
    case other(String)

    /// The object identifier in dotted form.
    package var identifier: String {
        switch self {
        case .serverAuth: "1.3.6.1.5.5.7.3.1"
        case .clientAuth: "1.3.6.1.5.5.7.3.2"
        case .any: "2.5.29.37.0"
        case .other(let identifier): identifier
        }
    }

    init(_ object: OpaquePointer) {
        switch OBJ_obj2nid(object) {
        case NID_server_auth: self = .serverAuth
        case NID_client_auth: self = .clientAuth
        case NID_anyExtendedKeyUsage: self = .any
        default: self = .other(ObjectName.dotted(object))
        }
    }
}

/// An algorithm that signs certificates.
package struct SignatureAlgorithm: Hashable, Sendable {
    /// OpenSSL's name, `ecdsa-with-SHA256`.
    package let name: String
    /// nil where the scheme has none of its own to choose (Ed25519).
    package let digest: String?

    /// Collisions can be made for MD5 and SHA-1 today (and for what came before them).
    package var isWeak: Bool {
        guard let digest else { return name == "undefined" }
        return ["MD2", "MD4", "MD5", "MD5-SHA1", "SHA1", "MDC2", "RIPEMD160"].contains(digest)
    }
}

/// Names of object identifiers.
enum ObjectName {
    static func dotted(_ object: OpaquePointer) -> String {
        // Longer ones are cut by OBJ_obj2txt itself; no identifier in use comes near.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 96) { buffer in
            guard let start = buffer.baseAddress, OBJ_obj2txt(start, CInt(buffer.count), object, 1) > 0 else {
                return "unknown"
            }
            return String(cString: start)
        }
    }

    static func short(_ identifier: CInt) -> String? {
        identifier == NID_undef ? nil : OBJ_nid2sn(identifier).map { String(cString: $0) }
    }
}
