// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Telemetry

/// How many policies there are, by what their Ready condition says. Every replica counts all of them.
struct PolicyMetrics: MetricLabels {
    enum Kind: String, CaseIterable { case policy = "TLSPolicy", authority = "ClusterAuthority" }
    enum State: String, CaseIterable {
        case ready
        case notReady = "not_ready"
        /// Nobody has looked at it yet.
        case pending
    }

    let kind: Kind
    let state: State

    static var allCases: [PolicyMetrics] {
        Kind.allCases.flatMap { kind in State.allCases.map { PolicyMetrics(kind: kind, state: $0) } }
    }
    static var names: [String] { ["kind", "state"] }
    var values: [String] { [kind.rawValue, state.rawValue] }

    static func observe(_ watch: PolicyWatch, in registry: MetricsRegistry) {
        registry.gauge(
            "podmint_policies", help: "TLSPolicies and ClusterAuthorities, by their Ready condition.",
            by: PolicyMetrics.self
        ) { labels in
            let states =
                switch labels.kind {
                case .policy: watch.policies.records.values.map { State($0.condition("Ready")) }
                case .authority: watch.authorities.records.values.map { State($0.condition("Ready")) }
                }
            return Double(states.count { $0 == labels.state })
        }
    }
}

extension PolicyMetrics.State {
    fileprivate init(_ status: String?) {
        self =
            switch status {
            case "True": .ready
            case "False": .notReady
            default: .pending
            }
    }
}
