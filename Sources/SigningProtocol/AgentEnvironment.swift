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
    /// More names that the pod's author wishes for: `dns:a.example,ip:10.0.0.1,uri:spiffe://…`. For podmint, which reads
    /// it in the pod's spec and decides; the agent has no use for it.
    case names = "PODMINT_NAMES"
    /// What to publish: `pem` and `pkcs12`, separated by commas; PEM always comes with it.
    case formats = "PODMINT_FORMATS"
    /// File names that are not the default (`CertificateFiles`).
    case files = "PODMINT_FILES"
    /// `true` keeps the key at renewals.
    case reusePrivateKey = "PODMINT_REUSE_PRIVATE_KEY"
    /// A file with the password of the PKCS#12 files, which is empty without it.
    case keystorePasswordFile = "PODMINT_KEYSTORE_PASSWORD_FILE"
    /// A file of more authorities to trust (PEM), merged into the bundle and followed when it changes.
    case certificateAuthorities = "PODMINT_CERTIFICATE_AUTHORITIES"
    /// The same for every certificate of the pod.
    case podCertificateAuthorities = "PODMINT_POD_CERTIFICATE_AUTHORITIES"
    case podName = "PODMINT_POD_NAME"
    case podNamespace = "PODMINT_POD_NAMESPACE"
    /// The pod's IP addresses when the container was started, separated by commas.
    case podAddresses = "PODMINT_POD_IPS"

    /// The variable's name as it stands in a container's `env`.
    package var name: String { rawValue }

    /// Its name for one of several certificates, counted from 0: the first has the plain name, the second `…_2`.
    package func name(ofCertificate index: Int) -> String {
        index == 0 || !isPerCertificate ? rawValue : "\(rawValue)_\(index + 1)"
    }

    /// Whether each certificate has one of its own.
    package var isPerCertificate: Bool {
        switch self {
        case .server, .serverAddresses, .trust, .trustFile, .tokenFile, .podCertificateAuthorities, .podName,
            .podNamespace, .podAddresses:
            false
        case .policy, .directory, .keyAlgorithm, .mode, .duration, .renewBefore, .names, .formats, .files,
            .reusePrivateKey, .keystorePasswordFile, .certificateAuthorities:
            true
        }
    }

    /// How many certificates one pod may have. Transport and HTTP are two; each costs a token review and 1 MiB of memory.
    package static let mostCertificates = 8
}
