// SPDX-License-Identifier: Apache-2.0

/// What both kinds have in common.
extension Schema {
    /// A Go duration of hours, minutes and seconds. A CEL rule and no pattern, since its message can say what is wanted.
    static func duration(_ description: String, from least: String? = nil, to most: String? = nil) -> Schema {
        let duration = Schema.text(description, upTo: 32)
        let isDuration = "self.matches('\(durationPattern)')"
        guard let least, let most else {
            return duration.rule(isDuration, "wanted a duration such as 8h or 1h30m")
        }
        return duration.rule(
            "\(isDuration) && duration(self) >= duration('\(least)') && duration(self) <= duration('\(most)')",
            "wanted a duration from \(least) to \(most), such as 24h or 1h30m")
    }

    /// Six digits each stay far from what `duration()` cannot hold (292 years).
    static let durationPattern =
        #"^([0-9]{1,6}([.][0-9]{1,3})?h)?([0-9]{1,6}([.][0-9]{1,3})?m)?([0-9]{1,6}([.][0-9]{1,3})?s)?$"#

    static func objectName(_ description: String) -> Schema {
        .text(description, pattern: #"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"#, upTo: 253)
    }

    /// As everywhere in Kubernetes; an empty one selects everything.
    static func labelSelector(_ description: String) -> Schema {
        let value = Schema.text(
            "A value of the label.", pattern: #"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"#, upTo: 63)
        let expression = Schema.object(
            "One requirement.",
            [
                ("key", .text("The label's name.", upTo: 317)),
                (
                    "operator",
                    .choice(
                        "How the label relates to the values.", ["In", "NotIn", "Exists", "DoesNotExist"])
                ),
                (
                    "values",
                    .list(
                        "The values, for In and NotIn; none for Exists and DoesNotExist.",
                        of: value.allowingEmpty(), upTo: 64)
                ),
            ], required: ["key", "operator"]
        )
        .rule(
            "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
            "In and NotIn need values, Exists and DoesNotExist have none")
        return .object(
            description,
            [
                (
                    "matchLabels",
                    .map(
                        "Labels and the values they must have.", of: value.allowingEmpty(), upTo: 64)
                ),
                (
                    "matchExpressions",
                    .list("Requirements, all of which must hold.", of: expression, upTo: 64)
                ),
            ]
        ).atomic()
    }

    static func usages(_ description: String) -> Schema {
        .list(
            description,
            of: .choice(
                "server auth: for who is connected to. client auth: for who connects.",
                ["server auth", "client auth"]), upTo: 2, atLeast: 1, kind: "set")
    }

    static func selfSigned(_ description: String) -> Schema {
        .object(
            description,
            [
                (
                    "keyStorage",
                    .choice(
                        "Where the CA's private key is kept. Secret (the default): in Secret podmint-ca-… of podmint's namespace. Memory: nowhere; a new CA at every start. Wrapped: in that Secret, encrypted (AES key wrap with padding: RFC 3394 as extended by RFC 5649) under a key that podmint gets from elsewhere. PKCS11 and Vault are not in this version.",
                        ["Secret", "Memory", "Wrapped", "PKCS11", "Vault"])
                ),
                (
                    "duration",
                    .duration(
                        "How long the CA lives: 1h to 87600h (10 years). 8760h (a year) without it.",
                        from: "1h",
                        to: "87600h")
                ),
            ])
    }

    static let kubernetesSigner = Schema.object(
        "Not in this version. A signer of certificates.k8s.io that somebody else runs.",
        [("signerName", .text("The signer, such as example.com/serving.", upTo: 571))],
        required: ["signerName"])

    static let vault = Schema.object(
        "Not in this version. A Vault PKI that signs.",
        [
            ("server", .text("The address, such as https://vault.example.com:8200.", upTo: 2048)),
            ("path", .text("The path to sign at, such as pki/sign/web.", upTo: 1024)),
            ("role", .text("The role to log in with.", upTo: 256)),
        ], required: ["server", "path"])

    static let conditions = Schema.list(
        "What podmint found about this object. Ready sums up the others.",
        of: .object(
            "One thing that is so or not.",
            [
                ("type", .text("What this is about, such as Ready.", upTo: 316)),
                ("status", .choice("Whether it is so.", ["True", "False", "Unknown"])),
                (
                    "observedGeneration",
                    .count("The generation of the object that was looked at.")
                ),
                ("lastTransitionTime", .moment("When the status last changed.")),
                (
                    "reason",
                    .text(
                        "Why, in one word.", pattern: #"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"#, upTo: 1024
                    )
                ),
                ("message", .text("Why, for people, and what to do about it.", upTo: 32768).allowingEmpty()),
            ], required: ["type", "status", "lastTransitionTime", "reason", "message"]), upTo: 16,
        kind: "map",
        keys: ["type"])

    static let observedGeneration = Schema.count(
        "The generation of the object that this status is about; behind metadata.generation, a change has not been looked at yet."
    )
}
