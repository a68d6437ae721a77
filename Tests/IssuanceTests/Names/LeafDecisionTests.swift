// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import Policies
import SigningProtocol
import Testing

@testable import Issuance

/// What policies and authorities add to a pod's own names, and what they cannot.
struct LeafDecisionTests {
    let secrets = InMemoryAuthorities()
    static let web = Service(
        metadata: RecordMetadata(name: "web", namespace: "shop", uid: "s"), selector: ["app": "web"],
        isHeadless: true)

    private func decide(
        _ spec: JSONValue, wished: [String] = [], allow: JSONValue? = nil, labels: [String: String] = [:],
        services: [Service] = [web], _ change: (inout Pod) -> Void = { _ in }
    ) throws -> LeafDecision {
        var spec = spec
        if let allow {
            spec["authority"] = ["clusterAuthority": ["name": "shared"]]
            try secrets.add(clusterAuthority: "shared", ["selfSigned": [:], "allow": allow])
        }
        try secrets.add(policy: "transport", spec)
        let policy = try #require(PolicyName(parsing: "transport"))
        let plan = try IssuancePlan(
            for: policy, in: "shop", catalog: secrets.catalog,
            ownNamespace: "podmint-system")
        let names = try wished.map { text in
            let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
            let kind = try #require(NameTemplate.Kind(rawValue: parts[0]))
            return try #require(NameTemplate(kind, parsing: parts[1]), "\(text)")
        }
        return LeafDecision(
            plan: plan, pod: .fixture { change(&$0) }, wished: names, services: services,
            namespace: Namespace(
                metadata: RecordMetadata(name: "shop", namespace: "", uid: "n", labels: labels)),
            cluster: ClusterNames()!)
    }

    private func own(_ names: [JSONValue]) -> JSONValue { ["tls": ["subjectAltNames": .array(names)]] }

    @Test func `variables stand for what the pod is`() throws {
        let decision = try decide(
            own([
                ["dns": "${POD_NAME}.es.${POD_NAMESPACE}.svc"], ["dns": "${POD_HOSTNAME}.example.com"],
                ["dns": "${SERVICE_ACCOUNT}.${POLICY_NAME}.${CLUSTER_DOMAIN}.example"], ["ip": "${HOST_IP}"],
                ["uri": "https://${TRUST_DOMAIN}/${POD_SUBDOMAIN}"], ["ip": "1.2.3.4"],
            ])
        ) { $0.hostAddresses = ["192.0.2.9", "2001:db8::9"] }
        let names = Set(decision.names.names.map(\.text))
        for name in [
            "web-0.es.shop.svc", "web-0.example.com", "web.transport.cluster.local.example", "192.0.2.9",
            "2001:db8::9", "https://cluster.local/web", "1.2.3.4",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(decision.denials.isEmpty)
    }

    @Test func `a variable without a value withholds its name, and says which`() throws {
        let decision = try decide(own([["dns": "a.${POD_SUBDOMAIN}.example"]])) { $0.subdomain = nil }
        #expect(decision.denials.isEmpty)
        #expect(
            decision.names.withheld.contains {
                $0.name == "a.${POD_SUBDOMAIN}.example" && $0.reason == "the pod has no ${POD_SUBDOMAIN}"
            })
    }

    @Test func `shorter forms come with a policy's own authority, or by a rule, and not otherwise`() throws {
        let short = ["web-0.web.shop", "web-0.web", "web.shop", "web"]
        let ownNames = Set(try decide([:]).names.names.map(\.text))
        #expect(Set(short).isSubset(of: ownNames))
        let shared = Set(try decide([:], allow: []).names.names.map(\.text))
        #expect(shared.isDisjoint(with: short) && shared.contains("web-0.web.shop.svc"))
        let ruled = Set(
            try decide([:], allow: [["namespaces": ["shop"], "dns": ["*.${POD_NAMESPACE}"]]]).names.names.map(
                \.text))
        #expect(ruled.intersection(short) == ["web.shop"])
        let ambiguous = try decide([:]) { $0.metadata.namespace = "svc" }
        #expect(!ambiguous.names.names.contains { if case .dns = $0 { true } else { false } })
    }

    /// Whoever signs, whatever a rule says.
    static let neverGiven: [(String, String)] = [
        ("dns:billing.bank.svc", "belongs to namespace \"bank\""),
        ("dns:billing.bank.svc.cluster.local", "belongs to namespace \"bank\""),
        ("dns:BILLING.Bank.SVC", "belongs to namespace \"bank\""),
        ("dns:db-0.db.bank.svc", "belongs to namespace \"bank\""),
        ("dns:10-0-0-9.bank.pod.cluster.local", "belongs to namespace \"bank\""),
        ("dns:*.bank.svc", "belongs to namespace \"bank\""),
        ("dns:kubernetes.svc", "belongs to namespace \"kubernetes\""),
        ("dns:x.cluster.local", "belongs to the cluster itself"),
        ("uri:spiffe://cluster.local/ns/shop/sa/admin", "SPIFFE ID"),
        ("uri:SPIFFE://cluster.local/ns/bank/sa/default", "SPIFFE ID"),
        ("uri:spiffe://other.example/x", "SPIFFE ID"), ("ip:169.254.169.254", "names no one machine"),
        ("ip:0.0.0.0", "names no one machine"), ("ip:224.0.0.1", "names no one machine"),
        ("ip:::ffff:10.0.0.1", "names no one machine"), ("dns:a.127", "ends in a number"),
    ]

    @Test(arguments: neverGiven) func `nobody gets by asking`(wish: String, rule: String) throws {
        guard NameTemplate(.dns, parsing: String(wish.dropFirst(4))) != nil || !wish.hasPrefix("dns:") else {
            return  // Refused at reading already.
        }
        let parts = wish.split(separator: ":", maxSplits: 1).map(String.init)
        let everything: JSONValue = [
            [
                "namespaces": ["*"],
                "dns": ["*.*", "*.*.*", "*.*.*.*", "*.*.*.*.*"], "ips": ["0.0.0.0/0", "::/0"],
                "uris": ["*//*/*", "*//*/*/*/*/*"],
            ]
        ]
        for decision in [
            try decide([:], wished: [wish]), try decide([:], wished: [wish], allow: everything),
            try decide(own([[parts[0]: .string(parts[1])]])),
            try decide(own([[parts[0]: .string(parts[1])]]), allow: everything),
        ] {
            let name = parts[1].lowercased()
            #expect(decision.denials.count == 1 && decision.denials[0].contains(rule), "\(decision.denials)")
            #expect(!decision.names.names.contains { $0.text.lowercased() == name })
        }
    }

    @Test(arguments: ["dns:*.shop.example", "dns:localhost", "ip:127.0.0.1", "ip:::1", "dns:*.shop.svc"])
    func `wildcards and loopback are for the policy of an own authority alone`(wish: String) throws {
        let parts = wish.split(separator: ":", maxSplits: 1).map(String.init)
        let template = own([[parts[0]: .string(parts[1])]])
        let given = try decide(template)
        #expect(
            given.denials.isEmpty && given.names.names.contains { $0.text == parts[1] }, "\(given.denials)")
        let rule: JSONValue = [
            ["namespaces": ["*"], "dns": ["*.shop.*", "localhost"], "ips": ["0.0.0.0/0", "::/0"]]
        ]
        #expect(try !decide([:], wished: [wish]).denials.isEmpty, "the pod's wish")
        #expect(try !decide(template, allow: rule).denials.isEmpty, "a shared authority")
    }

    @Test func `a shared authority gives what a rule gives, and names the rule`() throws {
        let rules: JSONValue = [
            ["namespaces": ["bank"], "dns": ["*.example.com"]],
            [
                "namespaceSelector": ["matchLabels": ["team": "a"]], "serviceAccounts": ["web"],
                "dns": ["${POD_NAME}.example.com"], "ips": ["203.0.113.0/24"],
                "uris": ["https://example.com/${POD_NAMESPACE}/*"],
            ],
        ]
        let wishes = ["dns:web-0.example.com", "ip:203.0.113.7", "uri:https://example.com/shop/x"]
        let decision = try decide([:], wished: wishes, allow: rules, labels: ["team": "a"])
        #expect(decision.denials.isEmpty, "\(decision.denials)")
        #expect(
            decision.names.allowed.contains {
                $0.description
                    == "web-0.example.com (the pod's annotations, allowed by spec.allow[1] of ClusterAuthority shared)"
            }, "\(decision.names.allowed)")
        for (wish, labels, account) in [
            ("dns:web-1.example.com", ["team": "a"], "web"), ("dns:web-0.example.com", [:], "web"),
            ("dns:web-0.example.com", ["team": "a"], "other"), ("ip:203.0.114.7", ["team": "a"], "web"),
            ("uri:https://example.com/bank/x", ["team": "a"], "web"),
        ] {
            let denied = try decide([:], wished: [wish], allow: rules, labels: labels) {
                $0.serviceAccountName = account
            }
            #expect(denied.denials.count == 1 && denied.denialCode == .forbiddenName, "\(wish)")
        }
    }

    @Test func `asking for what it has anyway is no wish`() throws {
        let decision = try decide(
            [:], wished: ["dns:WEB-0.web.shop.svc.", "dns:web.shop.svc", "ip:10.0.0.7", "ip:fd00::7"],
            allow: [])
        #expect(decision.denials.isEmpty, "\(decision.denials)")
        #expect(Set(decision.names.names).count == decision.names.names.count)
    }

    @Test
    func `on the host's network the node's address comes by policy, and under a shared authority by rule`()
        throws
    {
        func has(_ spec: JSONValue, _ allow: JSONValue? = nil) throws -> Bool {
            try decide(spec, allow: allow) {
                $0.usesHostNetwork = true
                $0.addresses = ["192.0.2.9"]
            }.names.names.contains(.ip([192, 0, 2, 9]))
        }
        let hostIP: JSONValue = ["certificate": ["hostIP": true]]
        #expect(try !has([:]))
        #expect(try has(hostIP))
        #expect(try !has(hostIP, []))
        #expect(try has(hostIP, [["namespaces": ["*"], "ips": ["192.0.2.0/24"]]]))
    }

    @Test func `usages and life: what policy and every rule that matches leave`() throws {
        #expect(try decide([:]).usages == [.serverAuth, .clientAuth])
        #expect(try decide([:]).longestLifetime == .standard)
        let server: JSONValue = ["certificate": ["usages": ["server auth"], "duration": "48h"]]
        #expect(try decide(server).usages == [.serverAuth])
        let rules: JSONValue = [
            ["namespaces": ["*"], "usages": ["server auth"], "maxDuration": "36h"],
            ["namespaces": ["shop"], "maxDuration": "12h"], ["namespaces": ["bank"], "maxDuration": "1h"],
        ]
        let decision = try decide(server, allow: rules)
        #expect(decision.denials.isEmpty && decision.longestLifetime.seconds == 12 * 3600)
        let both = try decide([:], allow: rules)
        #expect(
            both.denialCode == .forbiddenUsage && both.denials[0].contains("\"client auth\""),
            "\(both.denials)")
    }

    @Test func `a common name only where the policy sets one, and under a shared authority only a name`()
        throws
    {
        #expect(try decide([:]).commonName == nil)
        let named: JSONValue = ["certificate": ["commonName": "es-${POD_NAME}"]]
        #expect(try decide(named).commonName == "es-web-0")
        #expect(try decide(named, allow: []).denials.count == 1)
        let dns: JSONValue = ["certificate": ["commonName": "${POD_NAME}.web.shop.svc"]]
        #expect(try decide(dns, allow: []).denials.isEmpty)
        let long: JSONValue = ["certificate": ["commonName": "${POD_NAME}${POD_NAME}${POD_NAME}"]]
        let name = String(repeating: "a", count: 60)
        #expect(try decide(long) { $0.metadata.name = name }.denials[0].contains("180 characters"))
    }

    @Test func `past 100 names what was asked for is refused, and Services give way to it`() throws {
        let wishes = (0..<95).map { "dns:a\($0).example" }
        let services = (0..<30).map { number in
            Service(
                metadata: RecordMetadata(name: "s\(number)", namespace: "shop", uid: "s"),
                selector: ["app": "web"])
        }
        let full = try decide([:], wished: wishes, services: services)
        #expect(full.denials.isEmpty && full.names.names.count == 100)
        let over = try decide([:], wished: wishes + ["dns:b.example", "dns:c.example", "dns:d.example"])
        #expect(over.denials.count == 3 && over.denials[0].contains("one too many"), "\(over.denials)")
    }
}
