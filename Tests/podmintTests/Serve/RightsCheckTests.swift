// SPDX-License-Identifier: Apache-2.0
import HTTP
import JSON
import KubernetesClient
import Logging
import Synchronization
import Testing

@testable import podmint

/// Answers access reviews: no to what it is told to refuse.
private final class Reviewer: HTTPRequesting {
    private let refused: Set<String>
    /// Says nothing.
    let isSilent = Mutex(false)
    let asked = Mutex<[JSONValue]>([])

    init(refusing refused: Set<String>) { self.refused = refused }

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        guard !isSilent.withLock({ $0 }) else { throw .unreachable("silent") }
        guard request.target.hasPrefix("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
            var review = try? JSONValue(parsing: request.body),
            let attributes = review.at("spec", "resourceAttributes")
        else { return HTTPResponse(status: 404) }
        asked.withLock { $0.append(attributes) }
        let deed = "\(attributes["verb"]?.string ?? "") \(attributes["resource"]?.string ?? "")"
        review["status"] = ["allowed": .bool(!refused.contains(deed))]
        return HTTPResponse(status: 201, body: review.serialized())
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        throw .unreachable("no watches")
    }
}

@Suite(.timeLimit(.minutes(1))) struct RightsCheckTests {
    /// The line of `/readyz?verbose` after one round of questions.
    private func line(_ reviewer: Reviewer) async -> String? {
        let (readiness, ticker) = (Readiness(), Ticker())
        let check = RightsCheck(
            client: APIClient(transport: reviewer), namespace: "podmint-system", readiness: readiness,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: ticker.clock)
        let run = Task { await check.run() }
        await ticker.tick()
        run.cancel()
        await run.value
        return readiness.report.split(separator: "\n").first { $0.contains("]rights") }.map(String.init)
    }

    /// As a role names it: a subresource behind a slash.
    private static func resource(_ asked: JSONValue) -> JSONValue? {
        guard let resource = asked["resource"]?.string, let part = asked["subresource"]?.string else {
            return asked["resource"]
        }
        return .string("\(resource)/\(part)")
    }

    @Test func `asks for what the roles grant, in the place where they grant it`() async throws {
        let reviewer = Reviewer(refusing: [])
        #expect(await line(reviewer) == "[+]rights ok")
        let asked = reviewer.asked.withLock { $0 }
        let roles = Rights(options: InstallOptions()).objects.filter {
            $0["kind"] == "Role" || ($0["kind"] == "ClusterRole" && $0.at("metadata", "name") == "podmint")
        }
        #expect(roles.count == 2)
        for role in roles {
            let place = role["kind"] == "Role" ? "podmint-system" : nil
            for rule in role["rules"]?.array ?? [] {
                for resource in rule["resources"]?.array ?? [] {
                    for verb in rule["verbs"]?.array ?? [] {
                        for name in rule["resourceNames"]?.array ?? [nil] as [JSONValue?] {
                            #expect(
                                asked.contains {
                                    Self.resource($0) == resource && $0["verb"] == verb && $0["name"] == name
                                        && $0["namespace"]?.string == place
                                        && $0["group"] == rule["apiGroups"]?[0]
                                })
                        }
                    }
                }
            }
        }
    }

    @Test func `a right that podmint can live without is a remark, another stands in the way`() async {
        #expect(
            await line(Reviewer(refusing: ["patch secrets"]))
                == "[+]rights ok, but missing: patch secrets -n podmint-system (the serving CA is not rotated, and authorities are not marked with their namespace)"
        )
        let vital = await line(Reviewer(refusing: ["create tokenreviews"]))
        #expect(
            vital
                == "[-]rights missing: create tokenreviews.authentication.k8s.io --all-namespaces (no certificate is issued)"
        )
    }

    @Test func `an API server that does not say is told of once, and keeps nobody away`() async throws {
        let (reviewer, readiness, log) = (Reviewer(refusing: []), Readiness(), RecordedLog())
        let (ticker, first) = (Ticker(), Readiness().report)
        #expect(first.hasPrefix("[-]rights not yet asked\n"))
        reviewer.isSilent.withLock { $0 = true }
        let check = RightsCheck(
            client: APIClient(transport: reviewer), namespace: "podmint-system", readiness: readiness,
            logger: log.logger, clock: ticker.clock)
        let run = Task { await check.run() }
        for _ in 0..<3 { await ticker.tick() }
        #expect(log.count(of: "cannot ask the API server which rights podmint has") == 1)
        for condition in Readiness.Condition.allCases where condition != .rights { readiness.meet(condition) }
        #expect(readiness.isReady && readiness.report.hasPrefix("[-]rights not known: "))
        reviewer.isSilent.withLock { $0 = false }
        await ticker.tick()
        #expect(readiness.report.hasPrefix("[+]rights ok\n"))
        // What was answered holds while nothing else is.
        reviewer.isSilent.withLock { $0 = true }
        for _ in 0..<2 { await ticker.tick() }
        #expect(readiness.report.hasPrefix("[+]rights ok\n"))
        #expect(log.count(of: "cannot ask") == 2)
        run.cancel()
        await run.value
    }
}
