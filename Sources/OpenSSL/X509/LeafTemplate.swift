// SPDX-License-Identifier: Apache-2.0

/// What a leaf certificate shall say, but for its key. Whoever makes one has decided that all of it is allowed.
package struct LeafTemplate: Hashable, Sendable {
    package var names: [SubjectAlternativeName]
    /// Seconds since the epoch.
    package var notBefore: Int64
    /// Cut to the issuer's own end.
    package var notAfter: Int64
    package var usages: [ExtendedKeyUsage]
    /// Only where a policy wants one; TLS looks at names alone.
    package var commonName: String?

    package init(
        names: [SubjectAlternativeName], notBefore: Int64, notAfter: Int64,
        usages: [ExtendedKeyUsage] = [.serverAuth, .clientAuth], commonName: String? = nil
    ) {
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.usages = usages
        self.commonName = commonName
    }
}
