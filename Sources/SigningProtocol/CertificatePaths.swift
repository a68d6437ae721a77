// SPDX-License-Identifier: Apache-2.0

/// Files that the agent publishes, and where pods find them.
package enum CertificatePaths {
    /// Leaf, then intermediates, no root.
    package static let certificate = "tls.crt"
    /// PKCS#8.
    package static let key = "tls.key"
    /// What to trust now.
    package static let bundle = "ca.crt"
    /// The key, then the chain, for programs that want one file.
    package static let combined = "tls.pem"

    package static let all = [certificate, key, bundle, combined]

    /// Parent of every policy's folder.
    package static let root = "/var/run/secrets/podmint.dev"
    /// Where volume `podmint-token` is mounted, in the agent only.
    package static let agentFolder = root + "/.podmint"
    package static let tokenName = "token"
    package static let trustName = "root.crt"
    package static let tokenFile = agentFolder + "/" + tokenName
    package static let trustFile = agentFolder + "/" + trustName
    /// The one file of the agent's image.
    package static let agentProgram = "/podmint-agent"

    /// The default mount path of a policy's certificate.
    package static func folder(of policy: PolicyName) -> String { root + "/" + policy.text }
}
