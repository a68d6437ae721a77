// SPDX-License-Identifier: Apache-2.0
import KubernetesClient
import OpenSSL

@testable import podmint

/// What keepers are tried in: an API server, a clock that leaps, a log, and the certificate that they keep everywhere.
struct KeeperScene {
    let server = SmallAPIServer()
    let log = RecordedLog()
    let time = LeapingClock()
    let changed = WakeUp()
    let own: Certificate

    init() throws {
        own = try CertificateIssuer.selfSigned(
            commonName: "own", algorithm: .ecdsaP256, notBefore: SystemTime.now - 60,
            notAfter: SystemTime.now + 3600
        ).certificate
    }

    var client: APIClient { APIClient(transport: server) }
    var anchors: ServingAnchors { ServingAnchors([own], changed: [changed]) }

    /// Looks while those run, and waits until they have ended.
    func running(
        _ keepers: [@Sendable () async -> Void], _ look: () async throws -> Void
    ) async throws {
        let run = Task {
            await withTaskGroup(of: Void.self) { group in
                for keeper in keepers { group.addTask { await keeper() } }
            }
        }
        defer { run.cancel() }
        try await look()
        run.cancel()
        await run.value
    }
}
