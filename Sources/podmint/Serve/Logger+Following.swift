// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import Logging

extension Logger {
    /// For an informer of `what`: tells of each failure, and of its end. What podmint may go without is not asked for in the
    /// log where the right to it is missing.
    func following(
        _ what: String, _ metadata: Logger.Metadata = [:], saysForbidden: Bool = true
    ) -> @Sendable (InformerTrouble) -> Void {
        { trouble in
            switch trouble {
            case .failure(let error), .over(let error, _):
                guard saysForbidden || !error.isForbidden else { return }
            }
            switch trouble {
            case .failure(let error): warning("cannot follow \(what)", failure: error, metadata)
            case .over(_, let lasted):
                let metadata = metadata.merging(["after": "\(lasted.components.seconds) s"]) { own, _ in own }
                notice("follows \(what) again", metadata: metadata)
            }
        }
    }
}
