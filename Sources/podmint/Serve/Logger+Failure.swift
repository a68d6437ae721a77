// SPDX-License-Identifier: Apache-2.0
internal import Logging

extension Logger {
    /// What failed is the message, why is metadata.
    func warning(_ message: Logger.Message, failure: some Error, _ metadata: Logger.Metadata = [:]) {
        warning(message, metadata: metadata.merging(["why": "\(failure)"]) { own, _ in own })
    }

    func debug(_ message: Logger.Message, failure: some Error) {
        debug(message, metadata: ["why": "\(failure)"])
    }
}
