// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import Telemetry

/// `/livez`, `/readyz` and `/metrics`, as plain HTTP for kubelets and Prometheus.
struct HealthHandler: HTTPHandler {
    let readiness: Readiness
    let metrics: MetricsRegistry

    func respond(to request: borrowing HTTPRequest) -> HTTPAnswer {
        guard request.method == .get || request.method == .head else {
            return .now(.text(405, "\(request.path) takes GET"))
        }
        switch request.path {
        // Alive is who can answer: a process that waits for the API server must not be restarted for it.
        case "/livez": return .now(.text(200, "ok"))
        case "/readyz": return .now(Self.readiness(readiness, verbose: request.queryValue("verbose") != nil))
        case "/metrics":
            // The page asks the kernel about this process: not on a reactor.
            let metrics = metrics
            return .later {
                HTTPResponse(
                    status: 200, fields: [("content-type", MetricsRegistry.contentType)],
                    body: Array(metrics.text().utf8))
            }
        default: return .now(.text(404, "here are /livez, /readyz and /metrics"))
        }
    }

    static func readiness(_ readiness: Readiness, verbose: Bool) -> HTTPResponse {
        let isReady = readiness.isReady
        guard verbose || !isReady else { return .text(200, "ok") }
        return .text(isReady ? 200 : 503, readiness.report)
    }
}
