// SPDX-License-Identifier: Apache-2.0
internal import Injection
internal import JSON
package import KubernetesAPI
internal import OpenSSL
internal import Policies
internal import Validation

/// The pods of one template, or one pod, as far as the names that they serve go.
package struct ServedPods {
    let namespace: String
    let labels: [String: String]
    /// Those of podmint, without their prefix.
    let annotations: [String: String]
    let serviceAccount: String
    /// Under which they are reached one by one: `web-0` of `web`; none where nobody can know.
    let hostnames: [String]
    let subdomain: String
    let isCutShort: Bool

    /// A hundred names fill a certificate; more are rather a wildcard.
    static let mostHostnames = 128

    package init(of workload: WorkloadView, namespace: String) {
        let hostnames = workload.pods?.podNames(atMost: Self.mostHostnames + 1) ?? []
        self.init(workload.template, namespace, hostnames, subdomain: workload.pods?.serviceName ?? "")
    }

    package init(of pod: PodView, namespace: String) {
        self.init(
            pod, namespace, [pod.spec?["hostname" as StaticString]?.string].compactMap(\.self),
            subdomain: pod.spec?["subdomain" as StaticString]?.string ?? "")
    }

    package init(of pod: PodUse) {
        namespace = pod.namespace
        labels = pod.labels
        annotations = pod.annotations
        serviceAccount = pod.serviceAccount
        hostnames = [pod.hostname].compactMap(\.self)
        subdomain = pod.subdomain ?? ""
        isCutShort = false
    }

    private init(_ pod: PodView, _ namespace: String, _ hostnames: [String], subdomain: String) {
        self.namespace = namespace
        labels = pod.labels
        annotations = pod.wishes
        serviceAccount = pod.serviceAccount
        self.hostnames = Array(hostnames.prefix(Self.mostHostnames))
        self.subdomain = subdomain
        isCutShort = hostnames.count > Self.mostHostnames
    }

    /// By annotation, or by the policy's selector.
    func areUnder(_ policy: TLSPolicy) -> Bool {
        let named = annotations[AnnotationName.policy.rawValue]?.split(separator: ",") ?? []
        if named.contains(where: { $0.filter { !$0.isWhitespace } == policy.metadata.name }) { return true }
        return policy.selector?.matches(labels) ?? false
    }

    /// The names by which others reach these pods: each Service that selects them, and each pod of a StatefulSet under
    /// its headless Service.
    func names(_ services: SelectingServices) -> SelectingServices.Names {
        var names = services.names(selecting: labels, in: namespace)
        names.isCutShort = names.isCutShort || isCutShort
        guard !subdomain.isEmpty else { return names }
        // A governing Service that is still to come counts; one that gives its pods no names does not.
        guard services.service(subdomain, in: namespace)?.isHeadless ?? true else { return names }
        names.wanted += hostnames.compactMap {
            services.name(
                "\($0).\(subdomain)", in: namespace, reason: "pod \($0) of Service \(subdomain)")
        }
        return names
    }

    /// What the policy adds, as far as it is known before the pods run: addresses are not.
    func names(of policy: TLSPolicy, _ around: CertificateUse.Surroundings) -> [WantedName] {
        policy.tls.subjectAltNames.flatMap { template in
            let each: [String?] = hostnames.isEmpty ? [nil] : hostnames.map { $0 }
            var seen: Set<String> = []
            return each.flatMap { hostname in
                template.names { value(of: $0, hostname, policy, around) }
            }.compactMap { result -> WantedName? in
                guard case .success(let name) = result, seen.insert(name.text).inserted else { return nil }
                return WantedName(parsing: name.text, reason: "TLSPolicy \(policy.metadata.name)")
            }
        }
    }

    private func value(
        of variable: NameVariable, _ hostname: String?, _ policy: TLSPolicy,
        _ around: CertificateUse.Surroundings
    ) -> [String] {
        switch variable {
        case .podName, .podHostname: [hostname].compactMap(\.self)
        case .podNamespace: [namespace]
        case .podSubdomain: subdomain.isEmpty ? [] : [subdomain]
        case .serviceAccount: [serviceAccount]
        case .policyName: [policy.metadata.name]
        case .clusterDomain: [around.clusterDomain]
        case .trustDomain: [around.trustDomain]
        case .podIP, .hostIP: []
        }
    }
}

extension PodView {
    /// Annotations of podmint's, without their prefix.
    var wishes: [String: String] {
        Dictionary(
            metadata.annotations(prefixed: AnnotationName.prefix).filter { $0.key != AnnotationName.status }
                .map { ($0.key, $0.value) }
        ) { $1 }
    }

    var serviceAccount: String { spec?["serviceAccountName" as StaticString]?.string ?? "default" }
}
