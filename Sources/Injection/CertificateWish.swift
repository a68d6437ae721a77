// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
package import Policies
package import SigningProtocol

/// What a pod's annotations ask for, each value parsed; nil where they say nothing.
package struct CertificateWish: Hashable, Sendable {
    /// In the order they are named.
    package var policies: [PolicyName]?
    package var lifetime: CertificateLifetime?
    /// In seconds.
    package var renewBefore: Int64?
    package var keyAlgorithm: KeyAlgorithm?
    package var reusesKey: Bool?
    package var formats: CertificateFormats?
    /// `name` first, then the rest; whether the pod may have them is decided when it is signed.
    package var names: [NameTemplate] = []
    /// A user certificate, mounted instead of one that podmint issues.
    package var secret: String?
    /// A ConfigMap with more authorities to trust.
    package var authorities: String?
    /// Names of containers; nil means all of them.
    package var containers: [String]?
    package var mountPath: MountPath?
    package var owner: FileOwner?
    package var mode: FileMode?
}

/// Whose files the certificate's are, when the pod says so: `1000` or `1000:1000`.
package struct FileOwner: Hashable, Sendable {
    package let user: Int64
    package let group: Int64?

    /// Refuses what Kubernetes has no `runAsUser` for (0 to 2^31 − 1).
    package init?(parsing text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let user = Self.identifier(parts[0]) else { return nil }
        self.user = user
        guard parts.count == 2 else {
            group = nil
            return
        }
        guard let group = Self.identifier(parts[1]) else { return nil }
        self.group = group
    }

    private static func identifier(_ text: Substring) -> Int64? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int32(text).map(Int64.init)
    }
}
