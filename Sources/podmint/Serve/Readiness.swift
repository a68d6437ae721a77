// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import Telemetry

/// What must be true before the API server may be sent here, and whether it is.
///
/// `/readyz` is yes only when every condition is met or excused; `?verbose` names the ones that are not met, and why.
final class Readiness: Sendable {
    enum Condition: String, MetricLabels {
        /// Unmet while a right is missing without which nothing works; excused where the API server does not say.
        case rights = "rights"
        case authority = "authority"
        case servingCertificate = "serving-certificate"
        case caches = "caches"
        case policies = "policies"
        case webhooks = "webhooks"
        case serving = "serving"

        static var names: [String] { ["condition"] }
        var values: [String] { [rawValue] }
    }

    private struct Lack {
        let reason: String
        /// It is told, and keeps nobody away.
        var isExcused = false
    }

    /// Each unmet condition with what it waits for; a met one is absent.
    private let missing: Mutex<[Condition: Lack]>
    private let remarks = Mutex<[Condition: String]>([:])

    init() {
        missing = Mutex(
            Dictionary(
                uniqueKeysWithValues: Condition.allCases.map {
                    ($0, Lack(reason: $0 == .rights ? "not yet asked" : "not yet"))
                }))
    }

    /// `remark` says what is different from what one would expect, and stands behind the `ok`.
    func meet(_ condition: Condition, _ remark: String? = nil) {
        remarks.withLock { $0[condition] = remark }
        missing.withLock { _ = $0.removeValue(forKey: condition) }
    }

    func miss(_ condition: Condition, _ reason: String) {
        missing.withLock { $0[condition] = Lack(reason: reason) }
    }

    /// It is unmet, and whoever else is served here must not suffer from it.
    func excuse(_ condition: Condition, _ reason: String) {
        missing.withLock { $0[condition] = Lack(reason: reason, isExcused: true) }
    }

    func isMet(_ condition: Condition) -> Bool { missing.withLock { $0[condition] == nil } }

    var isReady: Bool { missing.withLock { $0.values.allSatisfy(\.isExcused) } }

    /// One line for each condition and one for all, in the order of `Condition`, as Kubernetes' own `/readyz?verbose` has them.
    var report: String {
        let missing = missing.withLock { $0 }
        let remarks = remarks.withLock { $0 }
        let lines = Condition.allCases.map { condition in
            if let lack = missing[condition] { return "[-]\(condition.rawValue) \(lack.reason)" }
            return "[+]\(condition.rawValue) ok" + (remarks[condition].map { ", \($0)" } ?? "")
        }
        return lines.joined(separator: "\n")
            + (missing.values.allSatisfy(\.isExcused) ? "\nready" : "\nnot ready")
    }
}
