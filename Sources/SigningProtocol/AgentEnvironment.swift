// SPDX-License-Identifier: Apache-2.0

/// What injection tells the agent, by environment variable of its container.
///
/// Everything decided at admission travels here, because a pod's spec cannot change afterwards while its labels
/// and annotations can. Each path stands alone in one value, so that who runs the agent without a kubelet can
/// map mount paths to folders.
package enum AgentEnvironment: String, CaseIterable, Sendable {
    /// `https://host[:port]` of podmint's listener for agents. Required.
    case server = "PODMINT_SERVER"
    /// IP addresses, separated by commas, tried when the host's name does not resolve or does not answer.
    case serverAddresses = "PODMINT_SERVER_ADDRESSES"
    /// PEM of the authorities that podmint's serving certificate may come from, as admission knew them.
    case trust = "PODMINT_TRUST"
    /// A file with more of the same, kept current by ConfigMap `podmint-root`; it may be absent.
    case trustFile = "PODMINT_TRUST_FILE"
    /// The projected service account token; read again for each request, since the kubelet rotates it.
    case tokenFile = "PODMINT_TOKEN_FILE"
    case policy = "PODMINT_POLICY"
    /// Where the certificate is published: the mount path of volume `podmint-<policy>` in the agent.
    case directory = "PODMINT_DIRECTORY"
    case keyAlgorithm = "PODMINT_KEY_ALGORITHM"
    /// Octal permissions of the published files (`FileMode`).
    case mode = "PODMINT_MODE"
    /// The life wished for, as duration text (`24h`).
    case duration = "PODMINT_DURATION"
    /// How long before its end a certificate is renewed; without it a random 60-72 % of its life.
    case renewBefore = "PODMINT_RENEW_BEFORE"
    case podName = "PODMINT_POD_NAME"
    case podNamespace = "PODMINT_POD_NAMESPACE"

    /// The variable's name as it stands in a container's `env`.
    package var name: String { rawValue }
}
