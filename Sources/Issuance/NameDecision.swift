// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import OpenSSL

/// Which names a pod's certificate carries, decided from the live pod and the Services of its namespace alone.
///
/// Pure. Never gives a wildcard, a loopback or link-local address, the node's address of a host network pod,
/// or a DNS name in a namespace whose name could be taken for part of the cluster's domain.
package struct NameDecision: Sendable {
    /// At some 40 bytes each they stay far below what TLS stacks take for a certificate (16 kB a record).
    package static let maximumNames = 100

    package let allowed: [AllowedName]
    package let withheld: [WithheldName]

    /// In this order, which also says who falls out past the limit: the account's identity, the pod's own
    /// DNS names, its addresses, then Services by name.
    package init(pod: Pod, services: [Service], cluster: ClusterNames) {
        var decision = Collector()
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
        Self.addAddresses(of: pod, to: &decision)
        if givesDNSNames {
            for service in selecting {
                let name = service.metadata.name
                decision.addDNS([name, namespace], cluster, from: .service(name))
            }
        }
        allowed = decision.allowed
        withheld = decision.withheld
    }

    package var names: [SubjectAlternativeName] { allowed.map(\.name) }

    private static func addIdentity(of pod: Pod, _ cluster: ClusterNames, to decision: inout Collector) {
        let account = pod.serviceAccountName
        guard DNSRules.isName(account), DNSRules.isLabel(pod.metadata.namespace) else {
            return decision.withhold(account, "no valid service account name")
        }
        let identity = "spiffe://\(cluster.trustDomain)/ns/\(pod.metadata.namespace)/sa/\(account)"
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

    private static func addAddresses(of pod: Pod, to decision: inout Collector) {
        guard !pod.usesHostNetwork else {
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
            decision.add(name, from: .podAddress)
        }
    }

    /// Gathers names without duplicates, up to the limit.
    private struct Collector {
        var allowed: [AllowedName] = []
        var withheld: [WithheldName] = []
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
