// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import HTTPTransport
internal import Issuance
internal import KubernetesClient
internal import Logging
internal import OpenSSL
internal import SigningProtocol
internal import Sockets
internal import Telemetry

/// `podmint serve`: wiring, and the order in which things begin and end. Termination signals are blocked already.
struct PodmintServer {
    let configuration: ServeConfiguration

    func run() async throws {
        ProcessHardening.apply()
        LogOutput.start(format: configuration.logFormat, level: configuration.logLevel)
        let logger = Logger(label: "podmint")
        let readiness = Readiness()
        let metrics = MetricsRegistry()
        let reactors = try ReactorGroup(count: Self.reactorCount)
        let client = try apiClient(reactors, metrics)
        let listeners = Listeners(reactors: reactors)
        try listeners.open(
            "health-listen", at: configuration.healthListen, .plain, limits: ListenerLimits.health,
            HealthHandler(readiness: readiness, metrics: metrics))
        logger.info(
            "podmint is starting",
            metadata: ["version": "\(Version.current)", "namespace": "\(configuration.namespace)"])

        let service = PodmintService(
            configuration: configuration, client: client, listeners: listeners, readiness: readiness,
            metrics: metrics, logger: logger)
        let (signals, arrival) = AsyncStream.makeStream(of: CInt.self)
        TerminationSignals.onFirst { arrival.yield($0) }
        try await Self.run(service.run, until: signals) { signal in
            logger.info(
                "ending", metadata: ["signal": "\(signal)", "delay": "\(configuration.shutdownDelay)"])
            await service.end()
        }
        logger.info("podmint has ended")
    }

    /// Until `serve` fails, or `end` has done what the first signal asks for. A stream, because waiting for a signal has
    /// to end too when nothing is left to be ended.
    static func run(
        _ serve: @escaping @Sendable () async throws -> Void, until signals: AsyncStream<CInt>,
        end: @escaping @Sendable (CInt) async -> Void
    ) async throws {
        let failure = await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                do {
                    try await serve()
                    return nil
                } catch { return error }
            }
            group.addTask {
                for await signal in signals {
                    await end(signal)
                    break
                }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let failure { throw failure }
    }

    private func apiClient(_ reactors: ReactorGroup, _ metrics: MetricsRegistry) throws(ToolFailure)
        -> APIClient
    {
        let environment = ProcessEnvironment.current
        do throws(ClusterAccessError) {
            let access = try ClusterAccess.discover(
                kubeconfig: configuration.kubeconfig, context: configuration.context,
                environment: { environment[$0] })
            return APIClient(
                transport: RequestMetrics(
                    metrics, counting: try ClusterConnection(access, reactors: reactors)),
                token: access.token, userAgent: "podmint/\(Version.current)")
        } catch {
            throw .failed(error.what, hint: error.hint)
        }
    }

    /// One serves more than an API server asks; two let a handshake not hold up the rest; more than four are idle.
    private static var reactorCount: Int { min(max(2, sysconf(CInt(_SC_NPROCESSORS_ONLN))), mostReactors) }
    static let mostReactors = 4
}
