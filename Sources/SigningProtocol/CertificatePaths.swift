// SPDX-License-Identifier: Apache-2.0

/// Where pods find what the agent publishes, and the agent what it needs.
package enum CertificatePaths {
    /// PKCS#12 with the key and its chain.
    package static let keystore = "keystore.p12"
    /// PKCS#12 with what to trust now.
    package static let truststore = "truststore.p12"

    /// Parent of every policy's folder.
    package static let root = "/var/run/secrets/podmint.dev"
    /// Where volume `podmint-token` is mounted, in the agent only.
    package static let agentFolder = root + "/.podmint"
    package static let tokenName = "token"
    package static let trustName = "root.crt"
    package static let tokenFile = agentFolder + "/" + tokenName
    package static let trustFile = agentFolder + "/" + trustName
    /// Where volume `podmint--inputs` is mounted, in the agent only: passwords, and authorities to merge.
    package static let inputsFolder = root + "/.inputs"
    /// The one file of the agent's image.
    package static let agentProgram = "/podmint-agent"

    /// The default mount path of a policy's certificate.
    package static func folder(of policy: PolicyName) -> String { root + "/" + policy.text }
}
