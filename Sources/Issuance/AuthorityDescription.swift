// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
package import Policies

/// An authority that podmint makes for itself: what it is called, where it is kept, how long it lives.
package struct AuthorityDescription: Sendable, Hashable {
    package let name: String
    /// Of podmint's own namespace. With `memory` the ConfigMap of this name holds the certificates alone.
    package let secret: String
    /// Seconds.
    package let lifetime: Int64
    /// How many CAs may stand below it; nil: any.
    package let pathLength: Int?
    package let keyStorage: SelfSignedAuthority.KeyStorage

    package init(
        name: String, secret: String, lifetime: Int64, pathLength: Int? = 0,
        keyStorage: SelfSignedAuthority.KeyStorage = .secret
    ) {
        self.name = name
        self.secret = secret
        self.lifetime = lifetime
        self.pathLength = pathLength
        self.keyStorage = keyStorage
    }

    /// Signs for every pod whose policy names no other. DESIGN section 3: `duration: 8760h` unless told otherwise.
    package static let standard = AuthorityDescription(
        name: Authority.standardName, secret: AuthoritySecret.name(of: Authority.standardName),
        lifetime: year,
        pathLength: 0)
    /// Signs what podmint itself serves with. Agents hold it as their anchor for as long as their pods live, so it
    /// lives ten years; and it signs its successor (`ServingAuthorities`), so it may have CAs below it.
    package static let serving = AuthorityDescription(
        name: "serving", secret: "podmint-serving", lifetime: 10 * year, pathLength: nil)

    /// The value of the label that says whose the Secret is. A namespace and a policy can be 119 characters, a
    /// label's value 63.
    var label: String {
        name.utf8.count <= 63 ? name : Digest.hex(Digest.sha256(Array(name.utf8)).prefix(16))
    }

    private static let year: Int64 = 365 * 24 * 3600
}
