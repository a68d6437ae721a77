// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// A CA that podmint makes by itself and keeps.
package struct SelfSignedAuthority: Hashable, Sendable {
    package enum KeyStorage: String, CaseIterable, Hashable, Sendable {
        /// In a Secret of podmint's own namespace.
        case secret = "Secret"
        /// New at every start, in no API object.
        case memory = "Memory"
        /// In such a Secret, encrypted (RFC 5649) under a key that podmint is given from elsewhere.
        case wrapped = "Wrapped"
    }

    package var keyStorage: KeyStorage
    /// Seconds.
    package var lifetime: Int64

    package static let standardLifetime: Int64 = 365 * 24 * 3600
    /// An hour, so that a test can watch a whole life; ten years.
    package static let lifetimes: ClosedRange<Int64> = 3600...(87_600 * 3600)

    package init(keyStorage: KeyStorage = .secret, lifetime: Int64 = Self.standardLifetime) {
        self.keyStorage = keyStorage
        self.lifetime = lifetime
    }

    static let fields = ["keyStorage", "duration"]

    init(_ field: SpecField) {
        self.init()
        if let storage = field.word(
            "keyStorage", KeyStorage.allCases.map { ($0.rawValue, $0) }, later: ["PKCS11", "Vault"])
        {
            keyStorage = storage
        }
        let duration = field.text(
            "duration", wanted: "a duration from 1h to 87600h", fix: "Write for example 8760h"
        ) { text in DurationText.seconds(in: text).flatMap { Self.lifetimes.contains($0) ? $0 : nil } }
        if let duration { lifetime = duration }
    }
}

/// Who signs for the pods of a policy that brings no certificate of its own.
package enum AuthorityChoice: Hashable, Sendable {
    /// A CA of this policy alone.
    case selfSigned(SelfSignedAuthority)
    /// The shared CA of that ClusterAuthority.
    case clusterAuthority(String)
}

/// Where more trusted CAs come from: entry `ca.crt` of an object in the policy's namespace.
package enum TrustSource: Hashable, Sendable {
    case configMap(String)
    case secret(String)

    package var text: String {
        switch self {
        case .configMap(let name): "ConfigMap \"\(name)\""
        case .secret(let name): "Secret \"\(name)\""
        }
    }
}
