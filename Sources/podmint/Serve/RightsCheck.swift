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
        var isKnown = false
        var unanswered = FailureRow(backoff: Backoff(first: .seconds(1), longest: .seconds(15)))
        while !Task.isCancelled {
            var pause: Duration
            do throws(KubernetesError) {
                let missing = try await missing()
                unanswered.end()
                isKnown = true
                show(missing, told)
                told = Set(missing.map(\.deed))
                pause = missing.isEmpty ? Self.interval : Self.intervalWhileMissing
            } catch {
                guard !Task.isCancelled else { return }
                let (isNews, wait) = unanswered.failed(error)
                if isNews {
                    logger.warning("cannot ask the API server which rights podmint has", failure: error)
                }
                // What was answered before still holds. Without any answer the other conditions say what is the matter: a
                // cluster that answers nobody about rights must not keep podmint from serving.
                if !isKnown { readiness.excuse(.rights, "not known: \(error)") }
                pause = wait
            }
            guard (try? await clock.sleep(pause)) != nil else { return }
        }
    }

    private func missing() async throws(KubernetesError) -> [(deed: Right.Deed, right: Right)] {
        var missing: [(deed: Right.Deed, right: Right)] = []
        for (rights, place) in [(Rights.everywhere, nil), (Rights.atHome, namespace)] {
            for right in rights {
                for deed in right.deeds(in: place) {
                    let answer = try await client.create(.selfSubjectAccessReviews, deed.review)
                    guard let isAllowed = answer.at("status", "allowed")?.bool else {
                        throw .malformed("a SelfSubjectAccessReview came back without status.allowed")
                    }
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
