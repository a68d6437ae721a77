// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import OpenSSL
package import SigningProtocol
package import Validation

/// One element of a ClusterAuthority's `allow`: whose pods may get which names, beyond their own.
package struct AllowRule: Hashable, Sendable {
    /// Names of namespaces; `*` for all. Empty where a selector says which.
    package var namespaces: Set<String> = []
    package var namespaceSelector: LabelSelector?
    /// Names of service accounts; empty or `*` for all.
    package var serviceAccounts: Set<String> = []
    package var dns: [NamePattern] = []
    package var ips: [AddressRange] = []
    package var uris: [NamePattern] = []
    /// Empty: any that the policy asks for.
    package var usages: Set<WantedUsage> = []
    /// Nil: no bound but the general one.
    package var longestLifetime: CertificateLifetime?

    package init() {}

    static let fields = [
        "namespaces", "namespaceSelector", "serviceAccounts", "dns", "ips", "uris", "usages", "maxDuration",
    ]

    init(_ field: SpecField) {
        self.init()
        namespaces = Self.names("namespaces", field)
        serviceAccounts = Self.names("serviceAccounts", field)
        readSelector(field)
        dns = Self.patterns("dns", field, as: .dns)
        uris = Self.patterns("uris", field, as: .uri)
        ips = field.list("ips", limit: 64).compactMap { element in
            element.text(
                wanted: "an address or a range of addresses", fix: "Write for example 10.0.0.0/8",
                AddressRange.init(parsing:))
        }
        usages = Set(
            field.list("usages", limit: 2).compactMap { element in
                element.text(wanted: "\"server auth\" or \"client auth\"", fix: "Leave it out for both") {
                    text in
                    WantedUsage.allCases.first { $0.text == text }
                }
            })
        longestLifetime = field.text(
            "maxDuration",
            wanted:
                "a duration from \(CertificateLifetime.minimum.text) to \(CertificateLifetime.maximum.text)",
            fix: "Write for example 24h", CertificateLifetime.init(parsing:))
    }

    /// Whether it speaks about pods of some account in this namespace.
    package func concerns(namespace: String, labels: [String: String]) -> Bool {
        namespaces.contains("*") || namespaces.contains(namespace)
            || (namespaceSelector?.matches(labels) ?? false)
    }

    /// Whether it speaks about pods of every account in the namespaces that it is about.
    package var concernsAllAccounts: Bool { serviceAccounts.isEmpty || serviceAccounts.contains("*") }

    /// Whether it speaks about pods of this account in this namespace.
    package func concerns(
        namespace: String, labels: [String: String], serviceAccount: String
    ) -> Bool {
        (concernsAllAccounts || serviceAccounts.contains(serviceAccount))
            && concerns(namespace: namespace, labels: labels)
    }

    /// Whether it allows this name; `values` fill the variables of its patterns.
    package func allows(_ name: SubjectAlternativeName, _ values: (NameVariable) -> [String]) -> Bool {
        switch name {
        // A wildcard stands for names of other pods.
        case .dns(let text): !text.contains("*") && dns.contains { $0.matches(text.lowercased(), values) }
        case .uri(let text): uris.contains { $0.matches(text, values) }
        case .ip(let bytes): ips.contains { $0.contains(bytes) }
        case .email, .other: false
        }
    }

    private mutating func readSelector(_ field: SpecField) {
        if let selector = field.object("namespaceSelector", of: ["matchLabels", "matchExpressions"]) {
            do { namespaceSelector = try LabelSelector(selector.view) } catch {
                selector.invalid(
                    wanted: "a label selector (\(error.field))", fix: "Write matchLabels: {team: shop}")
            }
        }
        if field.member("namespaces") == nil, field.member("namespaceSelector") == nil {
            field.missing(
                "namespaces", wanted: "whose pods the rule is about",
                fix: "Name them, or write [\"*\"] for all")
        }
    }

    private static func names(_ key: String, _ field: SpecField) -> Set<String> {
        Set(
            field.list(key, limit: 256).compactMap { element in
                element.text(wanted: "a name, or \"*\" for all", fix: "Write it as `kubectl get` shows it") {
                    text in
                    text == "*" || SpecField.isObjectName(text) ? text : nil
                }
            })
    }

    private static func patterns(
        _ key: String, _ field: SpecField, as kind: NamePattern.Kind
    ) -> [NamePattern] {
        field.list(key, limit: 64).compactMap { element in
            element.text(
                wanted:
                    "a name where * stands for one \(kind == .dns ? "label" : "label of the host or segment of the path") and variables like ${POD_NAMESPACE} for a pod's own",
                fix:
                    "Write for example \(kind == .dns ? "*.${POD_NAMESPACE}.example.com" : "https://${POD_NAMESPACE}.example.com/*")"
            ) { NamePattern(parsing: $0, as: kind) }
        }
    }
}
