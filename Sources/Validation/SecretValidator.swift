// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI

/// Judges a user's certificate Secret: every fault, in one answer.
package enum SecretValidator {
    package static func validate(_ material: SecretMaterial, at time: Timestamp) -> FaultReport {
        FaultReport(find(Check.all, material, time))
    }

    /// Judges a file of certificates by the same rules, but for those about a Secret's entries.
    package static func inspect(_ material: SecretMaterial, at time: Timestamp) -> FaultReport {
        FaultReport(find(material.isBundle ? Check.ofBundle : Check.ofFile, material, time))
    }

    static func find(_ checks: [Check], _ material: SecretMaterial, _ time: Timestamp) -> [Fault] {
        let material = material.withChain()
        return checks.flatMap { $0.find(material, time) }
    }
}
