// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Synchronization
internal import Telemetry

/// How current the copies are that podmint keeps of what is in the API server.
final class CacheMetrics: Sendable {
    /// One for each kind that is followed.
    enum Cache: String, MetricLabels {
        case namespaces, services, pods, webhooks, policies, authorities
        /// Certificate Secrets, where an admin lets podmint read them.
        case secrets
        case trustAnchors = "trust-anchors"
        /// Nothing where somebody else's files are served.
        case servingAuthority = "serving-authority"

        static var names: [String] { ["cache"] }
        var values: [String] { [rawValue] }
    }

    private let sources = Mutex<[Cache: @Sendable () -> InformerHealth?]>([:])

    init(_ registry: MetricsRegistry) {
        registry.gauge(
            "podmint_cache_silence_seconds",
            help:
                "How long the API server has said nothing about a kind; a quiet watch speaks once a minute.",
            by: Cache.self
        ) { [self] in
            guard let silence = health($0)?.silence else { return nil }
            return Double(silence.components.seconds) + Double(silence.components.attoseconds) / 1e18
        }
        registry.gauge(
            "podmint_cache_synced", help: "1 where a whole list has been seen, else 0.", by: Cache.self
        ) { [self] in health($0).map { $0.isSynced ? 1 : 0 } ?? 0 }
        registry.gauge("podmint_cache_objects", help: "Objects kept in memory.", by: Cache.self) { [self] in
            health($0).map { Double($0.objects) }
        }
    }

    func observe(_ cache: Cache, _ health: @escaping @Sendable () -> InformerHealth?) {
        sources.withLock { $0[cache] = health }
    }

    private func health(_ cache: Cache) -> InformerHealth? { sources.withLock { $0[cache] }?() ?? nil }
}
