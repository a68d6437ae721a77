// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import OpenSSL
package import Policies

/// Which names a pod's certificate carries, decided from the live pod, the Services of its namespace, and what its
/// policy and authority add.
///
/// Pure. Of itself a pod never has a wildcard, a loopback or link-local address, the node's address on the host's
/// network, or a DNS name in a namespace whose name could be taken for part of the cluster's domain.
package struct NameDecision: Sendable {
    /// At some 40 bytes each they stay far below what TLS stacks take for a certificate (16 kB a record).
    package static let maximumNames = 100

    package let allowed: [AllowedName]
    package let withheld: [WithheldName]
    package let denied: [DeniedName]

    /// In this order, which also says who falls out past the limit: the account's identity, the pod's own
    /// DNS names, its addresses, what was asked for, Services by name, shorter forms.
    package init(
        pod: Pod, services: [Service], cluster: ClusterNames, grant: NameGrant = .ownNames,
        unfilled: [WithheldName] = []
    ) {
        var decision = Collector()
        decision.withheld = unfilled
        Self.addIdentity(of: pod, cluster, to: &decision)
        let namespace = pod.metadata.namespace
        let selecting = services.filter { service in
            service.metadata.namespace == namespace && !service.metadata.isBeingDeleted
                && service.selects(pod.metadata.labels)
        }.sorted { $0.metadata.name < $1.metadata.name }
        let givesDNSNames = !cluster.isAmbiguous(namespace: namespace)
        if !givesDNSNames {
            decision.withhold(
                "*.\(namespace).svc",
                "namespace \"\(namespace)\" is called like a part of the cluster's domain svc.\(cluster.clusterDomain)"
            )
        }
        if givesDNSNames { Self.addOwnNames(of: pod, selecting, cluster, to: &decision) }
        Self.addAddresses(of: pod, grant, to: &decision)
        // Two names come of each, so more than these never get in.
        let named = selecting.prefix(Self.maximumNames)
        if givesDNSNames, selecting.count > named.count {
            decision.withhold(
                "\(selecting.count - named.count) more Services",
                "a certificate carries at most \(Self.maximumNames) names")
        }
        var ofServices = Collector()
        for service in named where givesDNSNames {
            let name = service.metadata.name
            ofServices.addDNS([name, namespace], cluster, from: .service(name))
        }
        let rules = AskedNameRules(namespace: namespace, cluster: cluster, grant: grant)
        for asked in grant.asked where !ofServices.has(asked.normalised.name) {
            Self.add(asked.normalised, by: rules, to: &decision)
        }
        decision.add(ofServices)
        if givesDNSNames {
            Self.addShorterForms(of: pod, Array(named), selecting, grant, to: &decision)
        }
        allowed = decision.allowed
        withheld = decision.withheld
        denied = decision.denied
    }

    package var names: [SubjectAlternativeName] { allowed.map(\.name) }

    private static func addIdentity(of pod: Pod, _ cluster: ClusterNames, to decision: inout Collector) {
        let account = pod.serviceAccountName
        guard DNSRules.isName(account), DNSRules.isLabel(pod.metadata.namespace) else {
            return decision.withhold(account, "no valid service account name")
        }
        let identity = cluster.identity(of: account, in: pod.metadata.namespace)
        decision.add(.uri(identity), from: .serviceAccount(account))
    }

    /// `<hostname>.<subdomain>.<namespace>.svc`: exists in DNS only where a headless Service of the subdomain's
    /// name has the pod among its endpoints.
    private static func addOwnNames(
        of pod: Pod, _ selecting: [Service], _ cluster: ClusterNames, to decision: inout Collector
    ) {
        guard let hostname = pod.hostname, let subdomain = pod.subdomain else { return }
        guard selecting.contains(where: { $0.isHeadless && $0.metadata.name == subdomain }) else {
            return decision.withhold(
                "\(hostname).\(subdomain).\(pod.metadata.namespace).svc",
                "no headless Service \"\(subdomain)\" selects the pod")
        }
        decision.addDNS(
            [hostname, subdomain, pod.metadata.namespace], cluster, from: .headlessService(subdomain))
    }

    private static func addAddresses(of pod: Pod, _ grant: NameGrant, to decision: inout Collector) {
        let source: AllowedName.Source = pod.usesHostNetwork ? .hostAddress : .podAddress
        guard !pod.usesHostNetwork || grant.includesHostAddress else {
            return decision.withhold(
                pod.addresses.joined(separator: ", "), "hostNetwork: the address names the node, not the pod")
        }
        for text in pod.addresses {
            guard let name = SubjectAlternativeName.ip(parsing: text), case .ip(let bytes) = name else {
                decision.withhold(text, "no IP address")
                continue
            }
            guard AddressRules.namesOnePod(bytes) else {
                decision.withhold(text, "loopback, link-local, multicast or unspecified")
                continue
            }
            // The node's address is also its kubelet's.
            guard !pod.usesHostNetwork || grant.permission(for: name) != nil else {
                decision.withhold(
                    text, "the node's address, and no allow rule of the ClusterAuthority gives it")
                continue
            }
            decision.add(name, from: source)
        }
    }

    private static func add(_ asked: AskedName, by rules: AskedNameRules, to decision: inout Collector) {
        guard !decision.has(asked.name) else { return }
        switch rules.judge(asked) {
        case .denied(let rule): decision.deny(asked, rule)
        case .allowed(let permission):
            guard decision.allowed.count < maximumNames else {
                return decision.deny(
                    asked, "is one too many: a certificate carries at most \(maximumNames) names")
            }
            decision.add(asked.name, from: .asked(asked.source, by: permission))
        }
    }

    /// `web`, `web.shop`: what search paths make of it depends on who resolves it, so `db.billing` of pod `db` could be
    /// a Service of namespace `billing`. Only for those who trust this policy's authority alone, or where a rule says so.
    private static func addShorterForms(
        of pod: Pod, _ named: [Service], _ selecting: [Service], _ grant: NameGrant,
        to decision: inout Collector
    ) {
        let namespace = pod.metadata.namespace
        var forms: [([String], AllowedName.Source)] = []
        if let hostname = pod.hostname, let subdomain = pod.subdomain,
            selecting.contains(where: { $0.isHeadless && $0.metadata.name == subdomain })
        {
            forms.append(([hostname, subdomain, namespace], .headlessService(subdomain)))
            forms.append(([hostname, subdomain], .headlessService(subdomain)))
        }
        for service in named.map(\.metadata.name) {
            forms.append(([service, namespace], .service(service)))
            forms.append(([service], .service(service)))
        }
        for (labels, source) in forms where labels.allSatisfy(DNSRules.isLabel) {
            let name = SubjectAlternativeName.dns(labels.joined(separator: "."))
            guard grant.permission(for: name) != nil else { continue }
            guard decision.allowed.count < maximumNames else {
                return decision.withhold(
                    name.text, "and what follows it: a certificate carries at most \(maximumNames) names")
            }
            decision.add(name, from: source)
        }
    }

    /// Gathers names without duplicates, up to the limit.
    private struct Collector {
        var allowed: [AllowedName] = []
        var withheld: [WithheldName] = []
        var denied: [DeniedName] = []
        private var seen: Set<SubjectAlternativeName> = []

        mutating func addDNS(_ labels: [String], _ cluster: ClusterNames, from source: AllowedName.Source) {
            let short = (labels + ["svc"]).joined(separator: ".")
            guard labels.allSatisfy(DNSRules.isLabel) else { return withhold(short, "no valid DNS name") }
            for name in [short, "\(short).\(cluster.clusterDomain)"] {
                guard DNSRules.isName(name) else {
                    withhold(name, "longer than 253 characters")
                    continue
                }
                add(.dns(name), from: source)
            }
        }

        mutating func add(_ other: Collector) {
            for name in other.allowed { add(name.name, from: name.source) }
            withheld += other.withheld
        }

        func has(_ name: SubjectAlternativeName) -> Bool { seen.contains(name) }

        mutating func deny(_ asked: AskedName, _ rule: String) {
            denied.append(
                DeniedName(name: RequestPolicy.printable(asked.name.text), source: asked.source, rule: rule))
        }

        mutating func add(_ name: SubjectAlternativeName, from source: AllowedName.Source) {
            guard !seen.contains(name) else { return }
            guard allowed.count < NameDecision.maximumNames else {
                return withhold(name.text, "a certificate carries at most \(NameDecision.maximumNames) names")
            }
            seen.insert(name)
            allowed.append(AllowedName(name: name, source: source))
        }

        mutating func withhold(_ name: String, _ reason: String) {
            withheld.append(WithheldName(name: name, reason: reason))
        }
    }
}
