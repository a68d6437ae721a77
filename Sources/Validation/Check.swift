// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI

/// One rule: looks at a Secret's material, answers the faults it finds. Pure; the time is given.
struct Check: Sendable {
    let find: @Sendable (SecretMaterial, Timestamp) -> [Fault]

    init(_ find: @escaping @Sendable (SecretMaterial, Timestamp) -> [Fault]) { self.find = find }

    /// In the order people are told: what it is, whether it can be read, whether it fits together, whether it holds.
    static let all: [Check] = [
        .unambiguousPurpose, .entriesPresent, .entriesReadable, .keyBelongsToCertificate, .validity,
        .strength,
        .chainOrder, .chainTrust, .rootsAndSurplus, .authorityMaySign,
    ]
}

extension SecretMaterial {
    func fault(
        _ code: FaultCode, _ field: String, found: String, wanted: String, fix: String
    ) -> Fault {
        Fault(code, object: object, field: field, found: found, wanted: wanted, fix: fix)
    }
}
