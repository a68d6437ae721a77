// SPDX-License-Identifier: Apache-2.0

/// An authority that podmint makes for itself: what it is called, where it is kept, how long it lives.
package struct AuthorityDescription: Sendable, Hashable {
    package let name: String
    /// Of podmint's own namespace.
    package let secret: String
    /// Seconds.
    package let lifetime: Int64
    /// How many CAs may stand below it; nil: any.
    package let pathLength: Int?

    /// Signs for every pod whose policy names no other. DESIGN section 3: `duration: 8760h` unless told otherwise.
    package static let standard = AuthorityDescription(
        name: Authority.standardName, secret: AuthoritySecret.name(of: Authority.standardName),
        lifetime: year,
        pathLength: 0)
    /// Signs what podmint itself serves with. Agents hold it as their anchor for as long as their pods live, so it
    /// lives ten years; and it signs its successor (`ServingAuthorities`), so it may have CAs below it.
    package static let serving = AuthorityDescription(
        name: "serving", secret: "podmint-serving", lifetime: 10 * year, pathLength: nil)

    private static let year: Int64 = 365 * 24 * 3600
}
