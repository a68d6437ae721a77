// SPDX-License-Identifier: Apache-2.0

extension CustomResource {
    static let tlsPolicy = CustomResource(
        kind: "TLSPolicy", plural: "tlspolicies", shortName: "tlsp", isNamespaced: true, spec: spec,
        status: status,
        description:
            "A TLSPolicy says which pods of its namespace get a certificate, with which names, from which authority and for how long. One policy is one certificate per pod; a pod under two policies gets two.",
        columns: [
            PrinterColumn(
                name: "Authority", type: "string", path: ".status.authority", description: "Who signs."),
            .condition("Ready", "Whether pods get certificates."),
            PrinterColumn(
                name: "Pods", type: "integer", path: ".status.pods",
                description:
                    "How many pods have what this policy gives: a certificate, issued or mounted, or trust alone."
            ),
            PrinterColumn(
                name: "Message", type: "string", path: ".status.conditions[?(@.type==\"Ready\")].message",
                description: "Why it is ready or not.", priority: 1),
            .age,
        ],
        rules: [
            (
                "self.metadata.name.size() <= 55 && !self.metadata.name.contains('.') && self.metadata.name != 'token'",
                "the name of a TLSPolicy has at most 55 lower-case letters, digits and hyphens, and is not token: volume podmint-<name> is made of it"
            )
        ])

    private static let spec = Schema.object(
        "What the policy asks for. An empty one is good: every field has a default.",
        [
            (
                "selector",
                .labelSelector(
                    "The pods of this namespace that get this certificate without asking, by their labels. Without a selector only pods that name the policy in annotation podmint.dev/policy get it; an empty one selects every pod."
                )
            ),
            ("tls", tls),
            ("authority", authority),
            (
                "enrollment",
                .choice(
                    "How a pod's request reaches the authority and the certificate comes back. Push (the default): the agent in the pod makes the key and asks podmint. The others are not in this version.",
                    ["Push", "KubernetesCSR", "Pull", "Secret", "PodCertificate", "CSI"])
            ),
            ("certificate", certificate),
            (
                "service",
                .object(
                    "Not in this version. A Service that podmint keeps for these pods.",
                    [
                        ("metadata", .foreign("Labels and annotations of the Service.")),
                        ("spec", .foreign("The Service's spec.")),
                    ])
            ),
            (
                "csi",
                .object(
                    "Not in this version. A CSI volume from which the certificate comes.",
                    [
                        ("driver", .text("The CSI driver, such as csi.cert-manager.io.", upTo: 63)),
                        (
                            "volumeAttributes",
                            .map(
                                "What the driver is told.",
                                of: .text("The attribute's value.", upTo: 4096).allowingEmpty(), upTo: 64)
                        ),
                    ], required: ["driver"])
            ),
            ("mount", mount),
            (
                "validation",
                .choice(
                    "What happens when a user certificate of this policy has faults. Enforce: it is refused when it is applied. Warn: the user is warned. Off: it is not looked at. Without it the namespace's label podmint.dev/validation decides, else Enforce.",
                    ["Enforce", "Warn", "Off"])
            ),
        ]
    )
    .rule(
        "!has(self.csi) || (has(self.enrollment) && self.enrollment == 'CSI')",
        "csi is for enrollment: CSI; remove csi or set the enrollment"
    )
    .rule(
        "!has(self.authority) || !has(self.tls) || !has(self.tls.certificate) || !has(self.tls.certificate.secretName)",
        "tls.certificate already says who signs; remove it or authority"
    )
    .rule(
        "!has(self.authority) || !has(self.tls) || !has(self.tls.selfSignedCertificates) || !has(self.tls.selfSignedCertificates.disabled) || !self.tls.selfSignedCertificates.disabled",
        "somebody else issues where tls.selfSignedCertificates.disabled is true; remove it or authority")

    /// Elastic's `spec.transport.tls` as it is, field for field.
    private static let tls = Schema.object(
        "The certificate's names and trust. Takes the block spec.transport.tls of an Elasticsearch object (ECK) as it is.",
        [
            (
                "certificate",
                .object(
                    "A Secret of this namespace that a person made.",
                    [
                        (
                            "secretName",
                            .objectName(
                                "The Secret's name. With ca.crt and ca.key it is the authority that signs; with tls.crt and tls.key it is checked and mounted as it is."
                            )
                        )
                    ])
            ),
            (
                "subjectAltNames",
                .list(
                    "More names for the certificate, beside those that a pod gets anyway. ${POD_NAME}, ${POD_NAMESPACE}, ${POD_IP}, ${POD_HOSTNAME}, ${POD_SUBDOMAIN}, ${SERVICE_ACCOUNT}, ${POLICY_NAME}, ${CLUSTER_DOMAIN}, ${TRUST_DOMAIN} and ${HOST_IP} stand for what they say.",
                    of: subjectAltName, upTo: 64)
            ),
            (
                "certificateAuthorities",
                .object(
                    "More CA certificates for the pods to trust, in key ca.crt of a ConfigMap or Secret of this namespace.",
                    [
                        ("configMapName", .objectName("The ConfigMap's name.")),
                        ("secretName", .objectName("The Secret's name.")),
                    ]
                )
                .rule(
                    "[has(self.configMapName), has(self.secretName)].exists_one(given, given)",
                    "name exactly one of configMapName and secretName")
            ),
            (
                "selfSignedCertificates",
                .object(
                    "Whether podmint issues certificates for these pods.",
                    [
                        (
                            "disabled",
                            .flag(
                                "true: somebody else issues the certificates; podmint only distributes trust."
                            )
                        )
                    ])
            ),
            (
                "otherNameSuffix",
                .text(
                    "Not in this version. ECK's suffix for an otherName in the certificate.", upTo: 253)
            ),
        ])

    /// Elastic lets one element carry both a DNS name and an address.
    private static let subjectAltName = Schema.object(
        "One name, or one of each kind.",
        [
            (
                "dns",
                .text(
                    "A DNS name, such as hulk.example.com or ${POD_NAME}.es.${POD_NAMESPACE}.svc.", upTo: 512)
            ),
            ("ip", .text("An IPv4 or IPv6 address, such as 192.0.2.4 or ${POD_IP}.", upTo: 64)),
            (
                "uri",
                .text(
                    "A URI, such as https://example.com/${POD_NAME}. No SPIFFE ID: each pod has that of its service account.",
                    upTo: 2048)
            ),
        ]
    ).notEmpty()

    private static let authority = Schema.object(
        "Who signs. Without it: a self-signed CA of this policy's own.",
        [
            ("selfSigned", .selfSigned("A CA of this policy's own, made and renewed by podmint.")),
            (
                "clusterAuthority",
                .object(
                    "A CA shared by namespaces.",
                    [("name", .objectName("The ClusterAuthority object's name."))], required: ["name"])
            ),
            ("kubernetesSigner", .kubernetesSigner),
            ("vault", .vault),
        ]
    )
    .rule(
        "[has(self.selfSigned), has(self.clusterAuthority), has(self.kubernetesSigner), has(self.vault)].exists_one(given, given)",
        "name exactly one of selfSigned, clusterAuthority, kubernetesSigner and vault")

    private static let certificate = Schema.object(
        "The certificate of each pod.",
        [
            (
                "duration",
                .duration(
                    "How long it lives: 5m to 2184h (91 days). 24h without it.", from: "5m", to: "2184h")
            ),
            (
                "renewBefore",
                .duration(
                    "How long before its end it is renewed. Without it: at a random point between 60 % and 72 % of its life."
                )
            ),
            (
                "usages",
                .usages("What the certificate may be used for. Both, without it.")
            ),
            (
                "keyAlgorithm",
                .choice(
                    "The private key's algorithm. ECDSA-P256 without it.",
                    ["ECDSA-P256", "ECDSA-P384", "Ed25519", "RSA-2048", "RSA-3072", "RSA-4096"])
            ),
            (
                "commonName",
                .text(
                    "The subject's common name, for software that wants one; the variables of subjectAltNames work here. None without it.",
                    upTo: 64)
            ),
            (
                "hostIP",
                .flag("Whether pods that use the host's network get their node's addresses as names.")
            ),
        ]
    )
    .rule(
        // Both are judged by rules of their own first; this one is silent about what is no duration.
        "!has(self.renewBefore) || !self.renewBefore.matches('\(Schema.durationPattern)') || (has(self.duration) && !self.duration.matches('\(Schema.durationPattern)')) || duration(self.renewBefore) < duration(has(self.duration) ? self.duration : '24h')",
        "renewBefore must be shorter than duration (24h where it is not set)")

    private static let mount = Schema.object(
        "Where the pod's containers find the files.",
        [
            (
                "path",
                .text(
                    "The folder. /var/run/secrets/podmint.dev/<policy> without it.", pattern: "^/[^:]+$",
                    upTo: 1024)
            ),
            (
                "files",
                .object(
                    "The files' names, where they must be others.",
                    [
                        (
                            "certificate",
                            fileName("The certificate and its intermediates. tls.crt without it.")
                        ),
                        ("key", fileName("The private key. tls.key without it.")),
                        ("ca", fileName("The CA certificates to trust. ca.crt without it.")),
                        (
                            "combined",
                            fileName("The key, then the certificates, in one file. tls.pem without it.")
                        ),
                    ])
            ),
            (
                "keystorePasswordSecret",
                .object(
                    "Asks for keystore.p12 and truststore.p12 (PKCS#12) too, under the password in this entry of a Secret of this namespace. Without it, pods annotated podmint.dev/format: pkcs12 get them under an empty password.",
                    [
                        ("name", .objectName("The Secret's name.")),
                        (
                            "key",
                            .text(
                                "The entry that holds the password.", pattern: "^[-._a-zA-Z0-9]+$", upTo: 253)
                        ),
                    ], required: ["name", "key"])
            ),
        ])

    /// A leading dot would meet the folders that the atomic switch is made of.
    private static func fileName(_ description: String) -> Schema {
        .text(description, pattern: "^[A-Za-z0-9_-][A-Za-z0-9._-]*$", upTo: 64)
    }

    private static let status = Schema.object(
        "What podmint made of the policy.",
        [
            ("observedGeneration", .observedGeneration),
            ("conditions", .conditions),
            ("authority", .text("Who signs: the name of the authority.", upTo: 317)),
            (
                "pods",
                .count(
                    "How many pods have what this policy gives: a certificate, issued or mounted, or trust alone."
                )
            ),
            ("missedPods", .count("How many pods ask for it, where podmint injects, and run without.")),
        ])
}
