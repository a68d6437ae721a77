// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import Issuance

/// The listener for agents: copies a request off its connection and answers when issuance has decided.
struct AgentHandler: HTTPHandler {
    let endpoint: CertificateEndpoint

    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer {
        let copy = AgentRequest(copying: request)
        return .later { await endpoint.answer(copy) }
    }
}
