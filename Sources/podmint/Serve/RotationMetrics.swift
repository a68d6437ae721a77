// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import Synchronization
internal import Telemetry

/// How far the rotation of the serving CA is, as each replica sees it in the Secret. Nothing where somebody else's files
/// are served.
final class RotationMetrics: Sendable {
    enum Phase: String, MetricLabels {
        case stable
        /// Asked for, and not begun: whoever leads would begin within seconds.
        case requested
        /// The new CA is made and spread, and does not sign yet.
        case distributing
        /// The new CA cannot be used, and is taken out by whoever leads.
        case unusable

        static var names: [String] { ["phase"] }
        var values: [String] { [rawValue] }

        init(_ authorities: ServingAuthorities) {
            self =
                switch authorities.successor {
                case .none: authorities.request == nil ? .stable : .requested
                case .waiting: .distributing
                case .unusable: .unusable
                }
        }
    }

    private let source = Mutex<ManagedServing?>(nil)

    init(_ registry: MetricsRegistry) {
        registry.gauge(
            "podmint_serving_rotation_phase",
            help: "1 for the phase that the rotation of podmint's serving CA is in, else 0.", by: Phase.self
        ) { [self] phase in
            source.withLock { $0 }.map { Phase($0.authorities) == phase ? 1 : 0 }
        }
    }

    func observe(_ serving: any ServingSource) {
        source.withLock { $0 = serving as? ManagedServing }
    }
}
