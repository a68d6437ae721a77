// SPDX-License-Identifier: Apache-2.0

extension CustomResource {
    static let clusterAuthority = CustomResource(
        kind: "ClusterAuthority", plural: "clusterauthorities", shortName: "clauth", isNamespaced: false,
        spec: spec, status: status,
        description:
            "A ClusterAuthority is a CA that namespaces share, with rules that say whose pods may get which names from it beyond their own. The one called default signs where no policy says otherwise.",
        columns: [
            .condition("Ready", "Whether it can sign."),
            PrinterColumn(
                name: "Policies", type: "integer", path: ".status.policies",
                description: "How many TLSPolicies name it."),
            PrinterColumn(
                name: "Rules", type: "integer", path: ".status.rules",
                description: "How many allow rules it has."),
            PrinterColumn(
                name: "Message", type: "string", path: ".status.conditions[?(@.type==\"Ready\")].message",
                description: "Why it is ready or not.", priority: 1),
            .age,
        ],
        rules: [
            (
                "self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",
                "the name of a ClusterAuthority has at most 63 lower-case letters, digits and hyphens: names with a dot are those of policies' own authorities"
            )
        ])

    private static let spec = Schema.object(
        "Who signs, and for whom. An empty one is a self-signed CA that gives pods their own names only.",
        [
            ("selfSigned", .selfSigned("A CA that podmint makes and renews. The default.")),
            (
                "certificate",
                .object(
                    "A CA that a person brings.",
                    [
                        (
                            "secretName",
                            .objectName("A Secret of podmint's own namespace with ca.crt and ca.key.")
                        )
                    ], required: ["secretName"])
            ),
            ("kubernetesSigner", .kubernetesSigner),
            ("vault", .vault),
            (
                "allow",
                .list(
                    "Who may get names beyond a pod's own. Each rule allows by itself; what no rule allows is refused.",
                    of: rule, upTo: 256)
            ),
        ]
    )
    .rule(
        "[has(self.selfSigned), has(self.certificate), has(self.kubernetesSigner), has(self.vault)].filter(given, given).size() <= 1",
        "name at most one of selfSigned, certificate, kubernetesSigner and vault")

    private static let rule = Schema.object(
        "Whose pods, and what they may get.",
        [
            (
                "namespaces",
                .list(
                    "The namespaces whose pods the rule is about; \"*\" for all.",
                    of: .text("A namespace's name, or \"*\".", upTo: 253), upTo: 256)
            ),
            (
                "namespaceSelector",
                .labelSelector("The same by the namespaces' labels. Adds to namespaces.")
            ),
            (
                "serviceAccounts",
                .list(
                    "The service accounts of those pods. All without it; \"*\" for all.",
                    of: .text("A service account's name, or \"*\".", upTo: 253), upTo: 256)
            ),
            (
                "dns",
                .list(
                    "DNS names they may get. * stands for one label or a part of one; variables such as ${POD_NAMESPACE} for what the pod has.",
                    of: .text("A pattern, such as *.${POD_NAMESPACE}.example.com.", upTo: 512), upTo: 64)
            ),
            (
                "ips",
                .list(
                    "Addresses they may get.",
                    of: .text("An address or a range, such as 10.0.0.0/8.", upTo: 64), upTo: 64)
            ),
            (
                "uris",
                .list(
                    "URIs they may get. * stands for one label of the host, one segment of the path or a part of one; variables as for dns.",
                    of: .text("A pattern, such as https://${POD_NAMESPACE}.example.com/*.", upTo: 512),
                    upTo: 64)
            ),
            ("usages", .usages("What their certificates may be used for. Anything without it.")),
            (
                "maxDuration",
                .duration(
                    "The longest life of their certificates: 5m to 2184h (91 days), which it is without it.",
                    from: "5m", to: "2184h")
            ),
        ]
    )
    .rule(
        "has(self.namespaces) || has(self.namespaceSelector)",
        "say whose pods the rule is about: namespaces, namespaceSelector or both")

    private static let status = Schema.object(
        "What podmint made of it.",
        [
            ("observedGeneration", .observedGeneration),
            ("conditions", .conditions),
            ("policies", .count("How many TLSPolicies name it.")),
            ("rules", .count("How many allow rules it has.")),
        ])
}
