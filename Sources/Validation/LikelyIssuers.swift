// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Certificate {
    /// Where in a list those stand that have its issuer's name, the ones that key identifiers speak for first: which of them has
    /// signed it only a signature says, and not all of them can be asked.
    func likelyIssuers(in certificates: [Certificate]) -> [Int] {
        let named = certificates.indices.filter { namesIssuer(certificates[$0]) }
        let identified = named.filter { identifiesIssuer(certificates[$0]) }
        return identified + named.filter { !identified.contains($0) }
    }
}
