// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
package import SigningProtocol

/// What a pod's annotations ask for, each value parsed, defaults filled in.
package struct CertificateWish: Hashable, Sendable {
    package var policy = PolicyName.standard
    package var lifetime = CertificateLifetime.standard
    /// In seconds; nil leaves the agent's own random point in time.
    package var renewBefore: Int64?
    package var keyAlgorithm = KeyAlgorithm.ecdsaP256
    /// Names of containers; nil means all of them.
    package var containers: [String]?
    package var mountPath = MountPath.standard
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

/// Where containers find the certificate: an absolute path without `.`, `..`, doubled slashes or a colon.
package struct MountPath: Hashable, Sendable {
    package let text: String

    package static let standard = MountPath(unchecked: CertificatePaths.folder(of: .standard))

    /// Refuses the root, what the kernel mounts, and the folder that is the agent's alone.
    package init?(parsing text: String) {
        let trimmed = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        guard trimmed.hasPrefix("/"), (2...1024).contains(trimmed.utf8.count) else { return nil }
        let parts = trimmed.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        guard trimmed.unicodeScalars.allSatisfy({ $0 != ":" && $0.properties.generalCategory != .control })
        else { return nil }
        guard !["proc", "sys", "dev"].contains(parts[0]) else { return nil }
        guard trimmed != CertificatePaths.agentFolder, !trimmed.hasPrefix(CertificatePaths.agentFolder + "/")
        else { return nil }
        self.text = trimmed
    }

    private init(unchecked text: String) { self.text = text }
}
