// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient

/// Asks the cluster for what `podmint status` shows. Each part stands for itself: one that may not be seen takes no other
/// with it.
struct Survey {
    let client: APIClient
    let namespace: String
    /// The content of an audit file, where one was named; else podmint's pods are asked for their logs.
    let audit: [UInt8]?
    /// Seconds since the epoch.
    let now: Int64

    /// Throws where the API server cannot be asked at all.
    func report() async throws(ToolFailure) -> StatusReport {
        do throws(KubernetesError) { _ = try await client.version() } catch {
            throw .failed(
                "the API server cannot be asked: \(error)",
                hint: "does `kubectl version` get an answer? --kubeconfig and --context choose the cluster")
        }
        var report = StatusReport()
        report.lines.append(await line("servers", servers))
        report.lines.append(await line("leader", leader))
        report.lines.append(await line("serving CA", servingAuthority))
        report.lines.append(await line("rotation", rotation))
        report.lines += await authorities()
        let policies = await listedPolicies()
        report.lines += Self.lines(policies)
        let (trail, bundles, source) = await trail()
        report.source = source
        do throws(KubernetesError) {
            let namespaces = NamespacesCheck(
                namespaces: try await client.list(.namespaces),
                excluded: InstallOptions(namespace: namespace).excludedNamespaces)
            report.lines.append(
                StatusReport.Line(
                    topic: "namespaces", text: namespaces.findings.map(\.found).joined(separator: "; ")))
            report.pods = PodStanding.all(
                try await client.list(.pods), in: namespaces, policies: (try? policies.get()) ?? [], trail,
                bundles)
            report.lines.append(Self.line(report.pods))
            if let line = Self.bundles(of: report.pods) { report.lines.append(line) }
        } catch { report.lines.append(Self.unseen("pods", error)) }
        return report
    }

    private static func line(_ pods: [PodStanding]) -> StatusReport.Line {
        let count = { (state: PodStanding.State) in pods.count { $0.state == state } }
        let mounted = count(.mounted) == 0 ? "" : "\(count(.mounted)) with what is mounted, "
        return StatusReport.Line(
            topic: "pods", text: "\(count(.injected)) injected, \(mounted)\(count(.missed)) missed injection")
    }

    /// How many agents hold what is current, and under which policies not all do. Nil where no agent need hold any.
    static func bundles(of pods: [PodStanding]) -> StatusReport.Line? {
        let all = pods.flatMap { pod in
            pod.bundles.map {
                (place: "\(pod.namespace)/\($0.policy)", isCurrent: $0.held?.isCurrent == true)
            }
        }
        guard !all.isEmpty else { return nil }
        let text =
            "the current one is held by \(all.count(where: \.isCurrent)) of \(all.count), as their agents say"
        let lacking = Dictionary(grouping: all, by: \.place).map { place, pods in
            (place: place, held: pods.count(where: \.isCurrent), of: pods.count)
        }.filter { $0.held < $0.of }.sorted { $0.place < $1.place }
        return StatusReport.Line(
            topic: "bundles",
            text: ([text] + lacking.prefix(10).map { "\($0.place): \($0.held) of \($0.of)" })
                .joined(separator: "; "))
    }

    private func servers() async throws(KubernetesError) -> String {
        guard let deployment = try await client.find(.deployments, namespace: namespace, name: "podmint")
        else {
            return "no Deployment \(namespace)/podmint: podmint runs outside the cluster, or not at all"
        }
        let version = deployment.at("metadata", "labels", "app.kubernetes.io/version")?.string
        return
            "\(deployment.at("status", "readyReplicas")?.integer ?? 0) of \(deployment.at("spec", "replicas")?.integer ?? 1) ready"
            + (version.map { ", version \($0)" } ?? "")
    }

    private func leader() async throws(KubernetesError) -> String {
        ServersCheck(namespace: namespace, now: now)
            .lease(try await client.find(.leases, namespace: namespace, name: "podmint")).found
    }

    private func servingAuthority() async throws(KubernetesError) -> String {
        let configuration = try await client.get(.mutatingWebhookConfigurations, name: "podmint")
        return TrustCheck(now: now).findings("MutatingWebhookConfiguration", configuration).map(\.found)
            .joined(separator: "; ")
    }

    /// The one Secret that is read here: nothing else says it. Who may not read it is told so.
    private func rotation() async throws(KubernetesError) -> String {
        let name = ServingAuthorities.description.secret
        return RotationStanding.text(
            try await client.find(.secrets, namespace: namespace, name: name), at: now)
    }

    /// Their certificates are in Secrets with their keys, so these are not read here: the objects say how they stand.
    private func authorities() async -> [StatusReport.Line] {
        do throws(KubernetesError) {
            let authorities = try await client.list(.clusterAuthorities)
            guard !authorities.isEmpty else {
                return [
                    StatusReport.Line(
                        topic: "authorities",
                        text:
                            "default (Secret \(namespace)/podmint-ca-default; `podmint doctor` says how long it lasts)"
                    )
                ]
            }
            return authorities.map {
                StatusReport.Line(topic: "authorities", text: Self.standing($0))
            }
        } catch { return [Self.unseen("authorities", error)] }
    }

    private func listedPolicies() async -> Look<[JSONValue]> {
        do throws(KubernetesError) { return .success(try await client.list(.tlsPolicies)) } catch {
            return .failure(error)
        }
    }

    /// How many are ready, and what the others say; and where podmint may not read what they name.
    static func lines(_ listed: Look<[JSONValue]>) -> [StatusReport.Line] {
        let policies: [JSONValue]
        switch listed {
        case .failure(let error): return [unseen("policies", error)]
        case .success(let found): policies = found
        }
        let unready = policies.filter { ready($0)?["status"] != "True" }
        let text = "\(policies.count - unready.count) of \(policies.count) ready"
        let line = StatusReport.Line(
            topic: "policies", text: ([text] + unready.prefix(10).map(standing)).joined(separator: "; "))
        let lacking = FoundPolicies(policies).lackingRights
        return [line]
            + lacking.prefix(10).map { namespace, policies in
                StatusReport.Line(
                    topic: "rights",
                    text:
                        "namespace \(namespace) lacks ClusterRole \(NamespaceRights.name), which TLSPolic\(policies.count == 1 ? "y" : "ies") \(policies.prefix(3).joined(separator: ", "))\(policies.count > 3 ? " and \(policies.count - 3) more" : "") need\(policies.count == 1 ? "s" : ""): podmint manifests --allow-namespace \(namespace)"
                )
            }
    }

    private static func ready(_ object: JSONValue) -> JSONValue? {
        object.at("status", "conditions")?.array?.first { $0["type"] == "Ready" }
    }

    private static func standing(_ object: JSONValue) -> String {
        let space = object.at("metadata", "namespace")?.string.map { "\($0)/" } ?? ""
        let name = "\(space)\(object.at("metadata", "name")?.string ?? "")"
        guard let ready = ready(object) else { return "\(name): nobody has looked at it yet" }
        return ready["status"] == "True"
            ? "\(name): ready"
            : "\(name): \(ready["message"]?.string ?? ready["reason"]?.string ?? "not ready")"
    }

    // MARK: - The audit

    private func trail() async -> (AuditTrail, BundleTrail, source: String) {
        var (trail, bundles) = (AuditTrail(), BundleTrail())
        if let audit {
            trail.read(audit)
            bundles.read(audit)
            return (trail, bundles, "Serials and expiry: from the audit file, \(trail.lines) lines.")
        }
        do throws(KubernetesError) {
            let scope = ObjectScope(
                namespace: namespace,
                labelSelector: "app.kubernetes.io/name=podmint,app.kubernetes.io/component=server")
            let servers = try await client.list(.pods, scope).compactMap { $0.at("metadata", "name")?.string }
            guard !servers.isEmpty else {
                return (
                    trail, bundles,
                    "Serials and expiry are in podmint's audit, which is not here: --audit names its file."
                )
            }
            for server in servers {
                let log = try await client.raw(
                    APIResource.pods.path(namespace: namespace, name: server, subresource: "log")
                        + "?tailLines=20000&limitBytes=16777216")
                trail.read(log)
                bundles.read(log)
            }
            return (
                trail, bundles, "Serials and expiry: from the audit in podmint's logs, \(trail.lines) lines."
            )
        } catch {
            return (
                trail, bundles, "Serials and expiry are in podmint's logs, which cannot be read: \(error)"
            )
        }
    }

    private func line(_ topic: String, _ look: () async throws(KubernetesError) -> String) async
        -> StatusReport.Line
    {
        do { return StatusReport.Line(topic: topic, text: try await look()) } catch {
            return Self.unseen(topic, error)
        }
    }

    private static func unseen(_ topic: String, _ error: KubernetesError) -> StatusReport.Line {
        StatusReport.Line(topic: topic, text: "cannot be seen: \(error)", isSeen: false)
    }
}
