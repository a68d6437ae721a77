// SPDX-License-Identifier: Apache-2.0
internal import Logging
internal import OpenSSL

/// Where podmint's own certificate comes from: its own CA (`ManagedServing`), or files of somebody else (`ServingFiles`).
protocol ServingSource: Sendable {
    /// To begin with.
    var identity: TLSIdentity { get }
    /// Whom to trust, to begin with.
    var anchors: [Certificate] { get }

    /// Until it is cancelled: says who must be trusted from now on, then hands over each new identity, one that nobody
    /// could know as soon as `isAdmitted` says that no API server refuses what that anchor signs.
    func keep(
        _ anchors: ServingAnchors, _ logger: Logger, isAdmitted: @escaping @Sendable (Certificate) -> Bool,
        _ show: @escaping @Sendable (TLSIdentity) -> Void
    ) async
}
