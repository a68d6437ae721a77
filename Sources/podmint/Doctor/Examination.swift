// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import OpenSSL

/// Asks the cluster all that `podmint doctor` judges, in the order in which it is told. What is decided by the answers is
/// in the checks.
struct Examination {
    let client: APIClient
    let reactors: ReactorGroup
    let namespace: String
    let agents: AdvertisedURL?

    private static let kinds: [(kind: String, resource: APIResource)] = [
        ("MutatingWebhookConfiguration", .mutatingWebhookConfigurations),
        ("ValidatingWebhookConfiguration", .validatingWebhookConfigurations),
    ]

    /// Throws where the API server cannot be asked at all.
    func findings() async throws(ToolFailure) -> [Diagnosis] {
        var findings = try await server()
        let configurations = await webhookConfigurations()
        let url = Self.url(configurations)
        var options = InstallOptions(namespace: namespace)
        options.advertise = url?.text

        findings += webhooks(configurations, options)
        let trust = TrustCheck(now: SystemTime.now)
        findings += await trial(options)
        if let url {
            findings.append(await webhookRoute(url, configurations))
        } else {
            findings += await servers()
        }
        findings.append(await lease())
        findings += await agentsRoute(url, configurations, trust)
        findings += await rights()
        return findings
    }

    // MARK: - The API server

    private func server() async throws(ToolFailure) -> [Diagnosis] {
        let asked = SystemTime.now
        let version: JSONValue
        let date: String?
        do throws(KubernetesError) { (version, date) = try await client.version() } catch {
            throw .failed(
                "the API server cannot be asked: \(error)",
                hint: "does `kubectl version` get an answer? --kubeconfig and --context choose the cluster")
        }
        let text = version["gitVersion"]?.string ?? "an unknown version"
        let minor = version["minor"]?.string.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        let isOld = version["major"]?.string == "1" && minor < 30
        return [
            isOld
                ? .faulty(
                    "OldServer", "API server", "is \(text); podmint needs 1.30",
                    fix: "native sidecars and match conditions are not there before")
                : .good("OldServer", "API server", "answers; it is \(text)"),
            ClockCheck.finding(date: date, asked: asked, answered: SystemTime.now),
        ]
    }

    // MARK: - Webhooks

    private typealias Configuration = (kind: String, own: Look<JSONValue?>, all: [JSONValue])

    private func webhookConfigurations() async -> [Configuration] {
        var configurations: [Configuration] = []
        for (kind, resource) in Self.kinds {
            let own = await look { () throws(KubernetesError) in
                try await client.find(resource, name: "podmint")
            }
            let all = await look { () throws(KubernetesError) in try await client.list(resource) }
            configurations.append((kind, own, (try? all.get()) ?? []))
        }
        return configurations
    }

    /// Where the webhooks lead to when not to the Service.
    private static func url(_ configurations: [Configuration]) -> AdvertisedURL? {
        let entries = configurations.flatMap { (try? $0.own.get())??["webhooks"]?.array ?? [] }
        for entry in entries {
            guard let text = entry.at("clientConfig", "url")?.string, text.hasPrefix("https://") else {
                continue
            }
            let authority = text.dropFirst("https://".count).prefix { $0 != "/" }
            return AdvertisedURL("https://\(authority)")
        }
        return nil
    }

    private func webhooks(_ configurations: [Configuration], _ options: InstallOptions) -> [Diagnosis] {
        let printed = WebhookConfigurations(options: options).objects
        return configurations.flatMap { configuration -> [Diagnosis] in
            let kind = configuration.kind
            guard let wanted = printed.first(where: { $0["kind"]?.string == kind }) else { return [] }
            switch configuration.own {
            case .failure(let error): return [.unseen("WebhookConfiguration", "\(kind) podmint", error)]
            case .success(let found):
                return WebhookCheck(kind: kind, wanted: wanted).findings(found)
                    + (found.map { TrustCheck(now: SystemTime.now).findings(kind, $0) } ?? [])
                    + WebhookCheck.strays(configuration.all, kind: kind)
            }
        }
    }

    private func trial(_ options: InstallOptions) async -> [Diagnosis] {
        let listed = await look { () throws(KubernetesError) in try await client.list(.namespaces) }
        guard case .success(let namespaces) = listed else {
            if case .failure(let error) = listed { return [.unseen("NamespaceLabel", "namespaces", error)] }
            return []
        }
        let check = NamespacesCheck(namespaces: namespaces, excluded: options.excludedNamespaces)
        var findings = check.findings
        let anchors = await look { () throws(KubernetesError) in
            try await client.list(.configMaps, ObjectScope(fieldSelector: "metadata.name=podmint-root"))
        }
        switch anchors {
        case .failure(let error):
            findings.append(.unseen("TrustAnchor", "ConfigMap podmint-root", error))
        case .success(let maps):
            var held: [String: String] = [:]
            for map in maps {
                held[map.at("metadata", "namespace")?.string ?? ""] = map.at("data", "ca.crt")?.string
            }
            findings += check.anchorFindings(held)
        }
        findings += await limitRanges(check.injecting)
        if let place = check.forTrial {
            let pod = await look { () throws(KubernetesError) in
                try await client.create(.pods, namespace: place, TrialCheck.pod, dryRun: true)
            }
            let secret = await look { () throws(KubernetesError) in
                try await client.create(.secrets, namespace: place, TrialCheck.secret, dryRun: true)
            }
            findings += [
                TrialCheck.podFinding(pod, in: place), TrialCheck.secretFinding(secret, in: place),
            ]
        } else {
            findings.append(
                .unseen(
                    "WebhookUnreachable", "webhooks for pods and Secrets",
                    "cannot be tried: no namespace is labelled enabled or policies",
                    fix:
                        "label one, and ask again: kubectl label namespace NAME podmint.dev/injection=enabled"
                ))
        }
        // Policies are looked at wherever they are made, so there is always a way to ask.
        guard let place = check.forPolicyTrial else { return findings }
        let policy = await look { () throws(KubernetesError) in
            try await client.create(.tlsPolicies, namespace: place, TrialCheck.policy, dryRun: true)
        }
        return findings + [TrialCheck.policyFinding(policy, in: place)]
    }

    private func limitRanges(_ namespaces: [String]) async -> [Diagnosis] {
        let ranges = await look { () throws(KubernetesError) in try await client.list(.limitRanges) }
        switch ranges {
        case .success(let ranges): return LimitRangeCheck(ranges: ranges, namespaces: namespaces).findings
        // An API without the kind has no such limits.
        case .failure(let error):
            return error.isNotFound ? [] : [.unseen("LimitRange", "LimitRanges", error)]
        }
    }

    // MARK: - Servers

    private func servers() async -> [Diagnosis] {
        let check = ServersCheck(namespace: namespace, now: SystemTime.now)
        let slices = await look { () throws(KubernetesError) in
            try await client.list(
                .endpointSlices,
                ObjectScope(namespace: namespace, labelSelector: "kubernetes.io/service-name=podmint"))
        }
        let deployment = await look { () throws(KubernetesError) in
            try await client.get(.deployments, namespace: namespace, name: "podmint")
        }
        var findings: [Diagnosis] = []
        switch slices {
        case .success(let slices): findings.append(check.service(slices))
        case .failure(let error):
            findings.append(.unseen("NoEndpoints", "Service \(namespace)/podmint", error))
        }
        switch deployment {
        case .success(let deployment): findings.append(check.deployment(deployment))
        case .failure(let error):
            findings.append(.unseen("ServersNotReady", "Deployment \(namespace)/podmint", error))
        }
        return findings
    }

    private func lease() async -> Diagnosis {
        let lease = await look { () throws(KubernetesError) in
            try await client.find(.leases, namespace: namespace, name: "podmint")
        }
        switch lease {
        case .success(let lease): return ServersCheck(namespace: namespace, now: SystemTime.now).lease(lease)
        case .failure(let error): return .unseen("NoLeader", "Lease \(namespace)/podmint", error)
        }
    }

    private func rights() async -> [Diagnosis] {
        let check = AccountCheck(namespace: namespace)
        var answers: [(question: AccountCheck.Question, isAllowed: Look<Bool>)] = []
        for question in check.questions {
            let answer = await look { () throws(KubernetesError) in
                try await client.create(.subjectAccessReviews, check.review(question.deed))
                    .at("status", "allowed")?.bool ?? false
            }
            answers.append((question, answer))
            // Who may not ask about one may not ask about any.
            if case .failure = answer { break }
        }
        return check.findings(answers)
    }

    // MARK: - Routes from here

    private func webhookRoute(_ url: AdvertisedURL, _ configurations: [Configuration]) async -> Diagnosis {
        RouteCheck.webhook(url.text, await ask(url, "/readyz?verbose", Self.anchors(configurations)))
    }

    /// Outside the cluster straight to the port; inside by way of the API server, which does not say whom it trusts.
    private func agentsRoute(
        _ url: AdvertisedURL?, _ configurations: [Configuration], _ trust: TrustCheck
    ) async -> [Diagnosis] {
        let path = "/v1/bundle/default"
        if let direct = agents ?? url.map({ AdvertisedURL(host: $0.host, port: 8444) }) {
            let answer = await ask(direct, path, Self.anchors(configurations))
            return RouteCheck.agents("agents' route \(direct.text)", answer, trust, isGiven: agents != nil)
        }
        let object = "agents' route, through the API server"
        do throws(KubernetesError) {
            let body = try await client.raw(
                "/api/v1/namespaces/\(namespace)/services/https:podmint:agents/proxy\(path)")
            return RouteCheck.agents(object, .answered(status: 200, body: body), trust, isGiven: false)
        } catch {
            return RouteCheck.agents(object, .unreachable("\(error)"), trust, isGiven: false)
        }
    }

    private static func anchors(_ configurations: [Configuration]) -> [Certificate] {
        var anchors: [Certificate] = []
        for configuration in configurations {
            for entry in (try? configuration.own.get())??["webhooks"]?.array ?? [] {
                for anchor in TrustCheck.anchors(of: entry) ?? [] where !anchors.contains(anchor) {
                    anchors.append(anchor)
                }
            }
        }
        return anchors
    }

    private func ask(_ url: AdvertisedURL, _ path: String, _ anchors: [Certificate]) async
        -> RouteCheck.Answer
    {
        guard !anchors.isEmpty, let tls = try? TLSContext.client(anchors: anchors, alpn: [.http1]) else {
            return .untried("there is no caBundle to trust it by")
        }
        let server = HTTPClient(
            reactors: reactors, endpoint: HTTPEndpoint(host: url.host, port: url.port), tls: tls)
        do throws(HTTPClientError) {
            let response = try await server.send(
                HTTPClientRequest(method: .get, path: path), timeout: .seconds(5))
            return .answered(status: response.status, body: response.body)
        } catch {
            if case .tls(let why) = error { return .untrusted(why) }
            return .unreachable("\(error)")
        }
    }

    private func look<Value>(_ ask: () async throws(KubernetesError) -> Value) async -> Look<Value> {
        do { return .success(try await ask()) } catch { return .failure(error) }
    }
}
