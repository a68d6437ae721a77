// SPDX-License-Identifier: Apache-2.0
package import SigningProtocol

/// Where containers find the certificate: an absolute path without `.`, `..`, doubled slashes or a colon.
package struct MountPath: Hashable, Sendable {
    package let text: String

    package static let standard = MountPath(of: .standard)

    /// Where a policy's certificate goes when nobody says otherwise.
    package init(of policy: PolicyName) { text = CertificatePaths.folder(of: policy) }

    /// Refuses the root, what the kernel mounts, and the folders that are the agent's alone.
    package init?(parsing text: String) {
        let trimmed = text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
        guard trimmed.hasPrefix("/"), (2...1024).contains(trimmed.utf8.count) else { return nil }
        let parts = trimmed.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        guard trimmed.unicodeScalars.allSatisfy({ $0 != ":" && $0.properties.generalCategory != .control })
        else { return nil }
        guard !["proc", "sys", "dev"].contains(parts[0]) else { return nil }
        for own in [CertificatePaths.agentFolder, CertificatePaths.inputsFolder] {
            guard trimmed != own, !trimmed.hasPrefix(own + "/") else { return nil }
        }
        self.text = trimmed
    }

    package static let wanted = "an absolute path without \"..\" or \":\", outside /proc, /sys and /dev"

    /// Whether both cannot be mounted: they are one, or one lies in the other, whose read-only volume has no place for it.
    func collides(with other: MountPath) -> Bool {
        text == other.text || text.hasPrefix(other.text + "/") || other.text.hasPrefix(text + "/")
    }
}
