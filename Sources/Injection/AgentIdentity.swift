// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import SigningProtocol

/// Who the agent runs as and what it lets others read, so that the app can read its files whatever its UID.
struct AgentIdentity: Hashable {
    let user: Int64
    let group: Int64?
    let mode: FileMode
    /// Set where the mode asked for may lock the readers out.
    let warning: String?

    /// Where nothing says who will read: nobody's UID, readable by all (the volume is memory of this pod alone).
    static let unprivileged: Int64 = 65532

    /// An `owner` wins; else the one UID that all readers are known to have.
    init(_ wish: CertificateWish, readers: [ContainerView], podUser: Int64?) {
        let first = readers.first.flatMap { $0.runAsUser ?? podUser }
        let isShared = readers.allSatisfy { ($0.runAsUser ?? podUser) == first }
        // Root reads everything unless it dropped its capabilities, and restricted pods may not run the agent as root.
        let reader = isShared ? first.flatMap { $0 > 0 ? $0 : nil } : nil
        let isKnown = wish.owner != nil || reader != nil
        user = wish.owner?.user ?? reader ?? Self.unprivileged
        group = wish.owner?.group
        mode = wish.mode ?? (isKnown ? .groupReadable : .worldReadable)
        warning =
            isKnown || mode.bits & 0o004 != 0
            ? nil
            : "podmint.dev/mode \(mode.text): nothing says which user reads the certificate; set podmint.dev/owner or runAsUser"
    }
}
