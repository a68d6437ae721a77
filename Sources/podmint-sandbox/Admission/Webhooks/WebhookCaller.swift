// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The one seam to the network: a fake stands here in tests of the chain.
protocol WebhookCaller: Sendable {
    var services: ServiceMap { get }
    func post(_ body: [UInt8], to endpoint: WebhookEndpoint, timeoutMilliseconds: Int64)
        async throws(WebhookFailure) -> WebhookReply
}

struct WebhookReply: Sendable {
    var status: Int
    var retryAfter: Int?
    var body: [UInt8]
}

/// A call that brought no answer.
struct WebhookFailure: Error, Sendable {
    let why: String
}
