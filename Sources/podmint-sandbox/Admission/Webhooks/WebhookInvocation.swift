// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// One call of one webhook: the review out, the answer in, failure policy and retries between.
struct WebhookInvocation {
    let cluster: Cluster

    /// Throws the denial, or the failure where the policy says Fail.
    func ask(
        _ webhook: Webhook, _ attributes: AdmissionAttributes, _ object: JSONValue?
    ) async throws(APIError) -> WebhookAnswer {
        let uid = cluster.surroundings.uuid()
        let answer: WebhookAnswer
        do throws(WebhookFailure) {
            answer = try await call(webhook, attributes, object, uid: uid)
        } catch {
            cluster.log.note("webhook \(webhook.name): \(error.why)")
            if webhook.failsOpen { return WebhookAnswer(isAllowed: true) }
            throw .internalError("failed calling webhook \"\(webhook.name)\": \(error.why)")
        }
        guard answer.isAllowed else { throw answer.denial(by: webhook.name) }
        return answer
    }

    /// A patch that does not apply is the user's 500, whatever the failure policy.
    func apply(_ patch: JSONPatch, of webhook: Webhook, to object: JSONValue) throws(APIError) -> JSONValue {
        do throws(JSONPatchError) {
            return try patch.applied(to: object, .likeAPIServer)
        } catch {
            throw .internalError("\(webhook.name): \(error)")
        }
    }

    private func call(
        _ webhook: Webhook, _ attributes: AdmissionAttributes, _ object: JSONValue?, uid: String
    ) async throws(WebhookFailure) -> WebhookAnswer {
        var endpoint: WebhookEndpoint
        do throws(WebhookEndpoint.Unreachable) {
            endpoint = try WebhookEndpoint(
                webhook.entry.find("clientConfig") ?? [:], services: cluster.dispatcher.services)
        } catch {
            throw WebhookFailure(why: "failed to call webhook: \(error.why)")
        }
        let body = AdmissionReviewBody.bytes(attributes, object, webhook, uid: uid)
        endpoint.path += "?timeout=\(webhook.timeoutSeconds)s"
        let shown = "Post \"\(endpoint.url)?timeout=\(webhook.timeoutSeconds)s\""
        let reply = try await post(body, to: endpoint, webhook, shown)
        guard (200...299).contains(reply.status) else {
            throw WebhookFailure(
                why: "failed to call webhook: an error on the server "
                    + "(\"\(String(decoding: reply.body.prefix(200), as: UTF8.self))\") has prevented the request from "
                    + "succeeding (status \(reply.status))")
        }
        do throws(WebhookAnswer.Malformed) {
            return try WebhookAnswer(
                parsing: reply.body, uid: uid, isMutating: webhook.entry.find("reinvocationPolicy") != nil)
        } catch {
            throw WebhookFailure(why: "received invalid webhook response: \(error.why)")
        }
    }

    /// 429 and 503 that name a time are tried again while the timeout lasts; without Retry-After never.
    private func post(
        _ body: [UInt8], to endpoint: WebhookEndpoint, _ webhook: Webhook, _ shown: String
    ) async throws(WebhookFailure) -> WebhookReply {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(webhook.timeoutSeconds)
        while true {
            let left = (deadline - clock.now).milliseconds
            guard left > 0 else {
                throw WebhookFailure(why: "failed to call webhook: \(shown): context deadline exceeded")
            }
            let reply: WebhookReply
            do throws(WebhookFailure) {
                reply = try await cluster.dispatcher.post(body, to: endpoint, timeoutMilliseconds: left)
            } catch {
                throw WebhookFailure(why: "failed to call webhook: \(shown): \(error.why)")
            }
            guard [429, 503].contains(reply.status), let pause = reply.retryAfter else { return reply }
            guard Int64(pause) * 1000 < (deadline - clock.now).milliseconds else {
                throw WebhookFailure(why: "failed to call webhook: \(shown): context deadline exceeded")
            }
            try? await Task.sleep(for: .seconds(pause))
        }
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
