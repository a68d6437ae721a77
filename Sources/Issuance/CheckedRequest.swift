// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
package import SigningProtocol

/// A request whose token was reviewed and whose CSR is sound: fit for the queue, not yet for a signature.
package struct CheckedRequest: Sendable {
    package let id: String
    package let caller: PodCaller
    package let policy: PolicyName
    package let reason: IssuanceReason
    package let signingRequest: SigningRequest
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    package let keyDigest: [UInt8]
    /// A shorter life than the pod's spec says, if asked for.
    package let wishedLifetime: CertificateLifetime?
    /// Addresses that the pod says it has. A reason to wait until the API server knows them, never evidence.
    var awaitedAddresses: [[UInt8]]

    init(
        id: String, caller: PodCaller, policy: PolicyName, reason: IssuanceReason,
        signingRequest: SigningRequest, wishedLifetime: CertificateLifetime? = nil,
        awaitedAddresses: [[UInt8]] = []
    ) {
        self.id = id
        self.caller = caller
        self.policy = policy
        self.reason = reason
        self.signingRequest = signingRequest
        self.wishedLifetime = wishedLifetime
        self.awaitedAddresses = awaitedAddresses
        keyDigest = signingRequest.publicKey.spkiSHA256
    }
}

/// What an agent gets: the chain, leaf first, and what it must trust.
package struct IssuedCertificate: Sendable {
    package let chain: [Certificate]
    package let bundle: [Certificate]

    package init(chain: [Certificate], bundle: [Certificate]) {
        self.chain = chain
        self.bundle = bundle
    }
}
