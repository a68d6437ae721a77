// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// One certificate that a pod gets: what its policy says, narrowed by its annotations.
struct PlannedCertificate: Hashable {
    /// Where the files come from.
    indirect enum Source: Hashable {
        /// The agent gets them from podmint.
        case issued(IssuanceSettings)
        /// A person's Secret, mounted as it is; `entries` limits it to the certificate's own, so that no `ca.key` comes
        /// along where nobody looked what the Secret is.
        case secret(String, entries: Bool)
        /// Somebody else issues: only what to trust.
        case trust(TrustSource)
    }

    let policy: PolicyName
    var source: Source
    var path: MountPath
    var files: CertificateFiles
    /// The pod's `certificate-authorities`, or the policy's for a mounted Secret, whose `ca.crt` it takes the place of.
    var addedTrust: TrustSource?
    /// What its `ca.crt` leaves out although pod or policy name it, for people; nil where it leaves out nothing.
    var leftOutTrust: String?
    /// The policy's Secret, where podmint may not look whether it is a certificate at all.
    var unseenSecret: String?
    let volume: String

    init(
        policy: PolicyName, source: Source, path: MountPath, files: CertificateFiles,
        addedTrust: TrustSource? = nil
    ) {
        self.policy = policy
        self.source = source
        self.path = path
        self.files = files
        self.addedTrust = addedTrust
        volume = InjectedName.certificateVolume(of: policy)
    }

    var issued: IssuanceSettings? { if case .issued(let settings) = source { settings } else { nil } }
}

/// What the agent is told about one certificate.
struct IssuanceSettings: Hashable {
    var lifetime = CertificateLifetime.standard
    /// In seconds; nil leaves the agent's own random point in time.
    var renewBefore: Int64?
    var keyAlgorithm = KeyAlgorithm.ecdsaP256
    var reusesKey = false
    var formats = CertificateFormats.pem
    /// As `PODMINT_NAMES` carries them.
    var names = ""
    var password: SecretEntry?
    var authorities: TrustSource?
    /// The node's addresses, for a pod on its network.
    var includesHostIP = false
}
