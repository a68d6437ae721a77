// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import HTTP
internal import HTTPTransport
internal import JSON
internal import Logging
internal import Sockets
internal import Telemetry

/// The listener for the API server: each review is answered at once, on the reactor that read it.
final class AdmissionHandler: HTTPHandler {
    private let reviewer: AdmissionReviewer
    private let readiness: Readiness
    private let metrics: AdmissionMetrics
    private let logger: Logger
    private let parsers = JSONParserPool()

    init(reviewer: AdmissionReviewer, readiness: Readiness, metrics: AdmissionMetrics, logger: Logger) {
        self.reviewer = reviewer
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
    }

    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer {
        guard let endpoint = AdmissionEndpoint(rawValue: request.path) else {
            guard request.path == "/readyz" else { return .now(Self.nothingHere) }
            return .now(HealthHandler.readiness(readiness, verbose: request.queryValue("verbose") != nil))
        }
        guard request.method == .post else {
            return .now(
                HTTPResponse(
                    status: 405, fields: [("allow", "POST")], body: Array("this path takes POST\n".utf8)))
        }
        let start = MonotonicClock.nanoseconds()
        let body = request.body
        guard let answer = try? parsers.lend({ reviewer.answer(endpoint, body, parser: $0) }) else {
            return .now(Self.outOfMemory)
        }
        metrics.count(endpoint, answer.outcome, nanoseconds: MonotonicClock.nanoseconds() - start)
        if answer.outcome != .allowed { log(answer, endpoint) }
        return .now(
            HTTPResponse(
                status: answer.status, fields: [("content-type", answer.contentType)], body: answer.body))
    }

    private static let outOfMemory = HTTPResponse(status: 503, fields: [("retry-after", "1")])
    private static let nothingHere = HTTPResponse.text(404, "this listener serves admission reviews")

    private func log(_ answer: AdmissionAnswer, _ endpoint: AdmissionEndpoint) {
        let level: Logger.Level =
            answer.outcome == .patched ? .debug : answer.outcome == .denied ? .notice : .warning
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "endpoint": "\(endpoint.rawValue)", "outcome": "\(answer.outcome.rawValue)",
            "uid": "\(answer.uid)",
            "operation": "\(answer.operation)", "namespace": "\(answer.namespace)", "name": "\(answer.name)",
        ]
        if answer.isDryRun { metadata["dryRun"] = "true" }
        if let reason = answer.reason { metadata["reason"] = "\(reason)" }
        logger.log(level: level, "reviewed", metadata: metadata)
    }
}
