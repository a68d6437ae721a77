// SPDX-License-Identifier: Apache-2.0
internal import HTTPTransport
internal import Telemetry

/// What each listener's connections came to: one that is refused is a review or an agent that has to come again.
enum ConnectionMetrics {
    enum Listener: String, MetricLabels {
        case admission, agents, health

        static var names: [String] { ["listener"] }
        var values: [String] { [rawValue] }

        fileprivate var flag: String {
            switch self {
            case .admission: "listen"
            case .agents: "agent-listen"
            case .health: "health-listen"
            }
        }
    }

    static func observe(_ listeners: Listeners, in registry: MetricsRegistry) {
        func read(_ count: @escaping @Sendable (HTTPServerStatistics) -> Int)
            -> @Sendable (Listener) -> Double?
        {
            { Double(listeners.statistics(of: $0.flag).map(count) ?? 0) }
        }
        registry.gauge(
            "podmint_connections_open", help: "Connections that are open now.", by: Listener.self,
            reading: read { $0.open })
        registry.counter(
            "podmint_connections_accepted_total", help: "Connections taken.", by: Listener.self,
            reading: read { $0.accepted })
        registry.counter(
            "podmint_connections_refused_total",
            help: "Connections closed at once, because there were as many as there may be.",
            by: Listener.self, reading: read { $0.refused })
        registry.counter(
            "podmint_connections_failed_handshakes_total",
            help: "Connections that ended within their TLS handshake.", by: Listener.self,
            reading: read { $0.handshakesFailed })
    }
}
