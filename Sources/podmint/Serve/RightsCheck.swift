// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient
internal import Logging

/// Asks the API server, for each right that podmint uses, whether it has it, and tells people which are missing.
struct RightsCheck: Sendable {
    let client: APIClient
    let namespace: String
    let readiness: Readiness
    let logger: Logger
    var clock = WaitingClock.system

    private static let interval = Duration.seconds(600)
    /// Somebody may be mending it.
    private static let intervalWhileMissing = Duration.seconds(30)

    func run() async {
        var told: Set<Right.Deed> = []
        while !Task.isCancelled {
            var pause = Self.intervalWhileMissing
            if let missing = await missing() {
                show(missing, told)
                told = Set(missing.map(\.deed))
                if missing.isEmpty { pause = Self.interval }
            }
            guard (try? await clock.sleep(pause)) != nil else { return }
        }
    }

    /// Nil when the API server does not say.
    private func missing() async -> [(deed: Right.Deed, right: Right)]? {
        var missing: [(deed: Right.Deed, right: Right)] = []
        for (rights, place) in [(Rights.everywhere, nil), (Rights.atHome, namespace)] {
            for right in rights {
                for deed in right.deeds(in: place) {
                    guard
                        let answer = try? await client.create(.selfSubjectAccessReviews, deed.review),
                        let isAllowed = answer.at("status", "allowed")?.bool
                    else { return nil }
                    if !isAllowed { missing.append((deed, right)) }
                }
            }
        }
        return missing
    }

    private func show(_ missing: [(deed: Right.Deed, right: Right)], _ told: Set<Right.Deed>) {
        for (deed, right) in missing where !told.contains(deed) {
            logger.error(
                "a right is missing: \(deed)",
                metadata: [
                    "without": "\(right.without)",
                    "hint":
                        "apply what 'podmint manifests' prints; 'kubectl auth can-i \(deed) --as system:serviceaccount:\(namespace):podmint' then says yes",
                ])
        }
        if missing.isEmpty, !told.isEmpty { logger.notice("no right is missing any more") }
        let text = missing.map { "\($0.deed) (\($0.right.without))" }.joined(separator: "; ")
        if missing.contains(where: \.right.isVital) {
            readiness.miss(.rights, "missing: \(text)")
        } else {
            readiness.meet(.rights, missing.isEmpty ? nil : "but missing: \(text)")
        }
    }
}
