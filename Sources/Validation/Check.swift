// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI

/// One rule: looks at a Secret's material, answers the faults it finds. Pure; the time is given.
struct Check: Sendable {
    let find: @Sendable (SecretMaterial, Timestamp) -> [Fault]

    init(_ find: @escaping @Sendable (SecretMaterial, Timestamp) -> [Fault]) { self.find = find }

    /// In the order people are told: what it is, whether it can be read, whether it fits together, whether it holds.
    static let all: [Check] = [
        .unambiguousPurpose, .entriesPresent, .certificatesReadable, .keysReadable, .keyBelongsToCertificate,
        .validity, .strength,
        .encoding, .nameSyntax, .names, .usage, .chainOrder, .chainTrust, .constraints, .duplicates,
        .rootsAndSurplus,
        .authorityMaySign,
    ]

    /// Those that look at keys, or at whether there are any.
    static let aboutKeys: [Check] = [
        .unambiguousPurpose, .entriesPresent, .keysReadable, .keyBelongsToCertificate,
    ]

    /// All others, for material whose keys are not at hand.
    static let withoutKeys: [Check] = [
        .certificatesReadable, .validity, .strength, .encoding, .nameSyntax, .names, .usage, .chainOrder,
        .chainTrust, .constraints, .duplicates, .rootsAndSurplus, .authorityMaySign,
    ]

    /// For a file of certificates: what an entry of a Secret must have beside it is not asked for.
    static let ofFile: [Check] = [
        .certificatesReadable, .keysReadable, .keyBelongsToCertificate, .validity, .strength, .encoding,
        .nameSyntax, .names,
        .usage,
        .chainOrder, .chainTrust, .constraints, .duplicates, .rootsAndSurplus,
    ]

    /// For a file of roots: each alone, since they have nothing to do with one another.
    static let ofBundle: [Check] = [
        .certificatesReadable, .keysReadable, .validity, .strength, .encoding, .duplicates,
    ]
}

extension SecretMaterial {
    func fault(
        _ code: FaultCode, _ field: String, severity: Severity? = nil, found: String, moment: String = "",
        wanted: String, fix: String
    ) -> Fault {
        Fault(
            code, severity: severity, object: object, field: field, found: found, moment: moment,
            wanted: wanted, fix: fix)
    }
}
