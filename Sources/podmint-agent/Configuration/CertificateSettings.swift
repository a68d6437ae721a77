// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// One of the certificates that this agent keeps: whose, where, and how.
struct CertificateSettings {
    let policy: PolicyName
    let directory: String
    let keyAlgorithm: KeyAlgorithm
    let mode: FileMode
    let lifetime: CertificateLifetime
    let renewBefore: Int64?
    let layout: PublicationLayout
    let reusesKey: Bool
    /// Nil for an empty password.
    let passwordFile: String?
    /// Files of authorities that are merged into the bundle.
    let authorityFiles: [String]

    /// The certificate of that number, counted from 0: its variables, and those for all certificates of the pod.
    init(_ index: Int, from reader: inout EnvironmentReader) {
        reader.index = index
        // A second certificate must say whose it is, or both would go to one folder.
        let wanted = "a policy's name: a DNS label of at most 55 characters"
        let named =
            index == 0
            ? reader.optional(.policy, wanted) { PolicyName(parsing: $0) }
            : reader.required(.policy, wanted) { PolicyName(parsing: $0) }
        policy = named ?? .standard
        directory =
            reader.optional(.directory, EnvironmentReader.pathWanted, EnvironmentReader.path)
            ?? CertificatePaths.folder(of: policy)
        keyAlgorithm =
            reader.optional(.keyAlgorithm, Self.algorithmsWanted) { KeyAlgorithm(rawValue: $0) } ?? .ecdsaP256
        mode =
            reader.optional(
                .mode, "octal permissions such as 0440 that the owner can read and no one else write"
            ) { FileMode(parsing: $0) } ?? .worldReadable
        let lifetime =
            reader.optional(.duration, "a duration from 5m to 2184h") { CertificateLifetime(parsing: $0) }
            ?? .standard
        self.lifetime = lifetime
        renewBefore = reader.optional(
            .renewBefore, "a duration above 0 and below \(lifetime.text), the certificate's life"
        ) {
            DurationText.seconds(in: $0).flatMap { (1..<lifetime.seconds).contains($0) ? $0 : nil }
        }
        reusesKey =
            reader.optional(.reusePrivateKey, "true or false") { ["true": true, "false": false][$0] } ?? false
        passwordFile = reader.optional(
            .keystorePasswordFile, EnvironmentReader.pathWanted, EnvironmentReader.path)
        authorityFiles = [AgentEnvironment.certificateAuthorities, .podCertificateAuthorities].compactMap {
            reader.optional($0, EnvironmentReader.pathWanted, EnvironmentReader.path)
        }
        layout = PublicationLayout(
            files: reader.optional(.files, "file names such as certificate=node.crt,key=node.key") {
                CertificateFiles(parsing: $0)
            } ?? .standard,
            formats: reader.optional(.formats, "pem, or pem,pkcs12") { CertificateFormats(parsing: $0) }
                ?? .pem,
            mergesAuthorities: !authorityFiles.isEmpty)
    }

    private static var algorithmsWanted: String {
        "one of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
    }
}

/// Which files a publication consists of.
struct PublicationLayout: Hashable {
    var files = CertificateFiles.standard
    var formats = CertificateFormats.pem
    var mergesAuthorities = false

    static let standard = PublicationLayout()

    /// What the app finds, each through a link.
    var names: [String] {
        files.all + (formats.hasPKCS12 ? [CertificatePaths.keystore, CertificatePaths.truststore] : [])
    }

    /// podmint's own part of a merged bundle, for the agent after a restart; no link leads to it.
    static let issuedBundle = ".issued.crt"
}
