// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Buffers
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
        guard let endpoint = AdmissionEndpoint(rawValue: request.path) else { return elsewhere(request) }
        guard request.method == .post else {
            return .now(
                HTTPResponse(
                    status: 405, fields: [("allow", "POST")], body: Array("this path takes POST\n".utf8)))
        }
        let start = MonotonicClock.nanoseconds()
        let body = request.body
        guard
            let answer = try? parsers.lend(
                for: body.count, { reviewer.answer(endpoint, body, parser: $0) })
        else { return .now(Self.outOfMemory) }
        metrics.count(.known(endpoint), answer.outcome, nanoseconds: MonotonicClock.nanoseconds() - start)
        if answer.outcome != .allowed { log(answer, endpoint.rawValue) }
        return .now(Self.response(answer))
    }

    private func elsewhere(_ request: borrowing HTTPRequest) -> HTTPAnswer {
        let (path, body) = (request.path, request.body)
        if path == "/readyz" {
            return .now(HealthHandler.readiness(readiness, verbose: request.queryValue("verbose") != nil))
        }
        // A webhook entry of another version.
        guard request.method == .post, ["/mutate/", "/validate/"].contains(where: path.hasPrefix) else {
            return .now(Self.nothingHere)
        }
        let start = MonotonicClock.nanoseconds()
        let found = try? parsers.lend(
            for: body.count, { AdmissionReviewer.answer(unknownPath: path, body, parser: $0) })
        guard let answer = found ?? nil else { return .now(Self.nothingHere) }
        metrics.count(.other, answer.outcome, nanoseconds: MonotonicClock.nanoseconds() - start)
        log(answer, path)
        return .now(Self.response(answer))
    }

    private static func response(_ answer: AdmissionAnswer) -> HTTPResponse {
        HTTPResponse(
            status: answer.status, fields: [("content-type", answer.contentType)], body: answer.body)
    }

    private static let outOfMemory = HTTPResponse(status: 503, fields: [("retry-after", "1")])
    private static let nothingHere = HTTPResponse.text(404, "this listener serves admission reviews")

    private func log(_ answer: AdmissionAnswer, _ path: String) {
        let level: Logger.Level =
            switch answer.outcome {
            case .allowed, .patched, .wouldPatch: .debug
            case .denied, .wouldDeny: .notice
            case .malformed, .unknown: .warning
            }
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "endpoint": "\(path.prefix(100))", "outcome": "\(answer.outcome.rawValue)",
            "uid": "\(answer.uid)",
            "operation": "\(answer.operation)", "namespace": "\(answer.namespace)", "name": "\(answer.name)",
        ]
        if answer.isDryRun { metadata["dryRun"] = "true" }
        if let reason = answer.reason { metadata["reason"] = "\(reason)" }
        logger.log(level: level, "reviewed", metadata: metadata)
    }
}
