// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// The published set as it lies in the volume: `..data` leads to a folder of files, links lead through `..data`.
///
/// Reading never changes anything; `Publisher` writes.
struct PublishedFiles {
    /// The link that one rename(2) switches.
    static let dataLink = "..data"
    /// Folders of publications begin with it, and user files may not.
    static let folderPrefix = ".."

    static func linkTarget(of name: String) -> String { dataLink + "/" + name }

    /// Reads, parses and compares every file; throws what is wrong first. Of PKCS#12 files it asks no more than that they
    /// are there: to open them takes 10 ms of derivation (`checkKeystores`).
    static func read(in directory: borrowing Directory, _ layout: PublicationLayout) throws(SetFault)
        -> CertificateSet
    {
        let folder = try openFolder(in: directory)
        for name in layout.names {
            guard (try? directory.linkTarget(name)) == linkTarget(of: name) else { throw .missing(name) }
        }
        if layout.formats.hasPKCS12 {
            for name in keystores { _ = try text(name, in: folder, limit: keystoreLimit) }
        }
        let files = layout.files
        let chainText = try text(files.certificate, in: folder, limit: ProtocolLimits.responseBytes)
        let bundleText = try text(files.bundle, in: folder, limit: trustedLimits.bytes)
        let key = try key(in: folder, files, chainText)
        let chain = try certificates(chainText, files.certificate)
        let trusted = try certificates(bundleText, files.bundle, trustedLimits)
        guard layout.mergesAuthorities else {
            return try CertificateSet(key: key, chain: chain, bundle: trusted)
        }
        let name = PublicationLayout.issuedBundle
        let issued = try certificates(
            try text(name, in: folder, limit: ProtocolLimits.responseBytes), name)
        return try CertificateSet(key: key, chain: chain, bundle: issued, merging: trusted)
    }

    /// Whether the published PKCS#12 files open with this password.
    static func checkKeystores(
        in directory: borrowing Directory, password: borrowing KeystorePassword
    ) throws(SetFault) {
        let folder = try openFolder(in: directory)
        for name in keystores {
            let file = try found(name) { () throws(SystemCallError) in
                try folder.readSecret(name, limit: keystoreLimit)
            }
            guard PKCS12.isSealed(file, with: password) else { throw .keystoreMismatch(name) }
        }
    }

    /// The folder that `..data` leads to, which must lie in this very directory.
    private static func openFolder(in directory: borrowing Directory) throws(SetFault) -> Directory {
        let target: String?
        do throws(SystemCallError) { target = try directory.linkTarget(dataLink) } catch {
            throw .unreadable(dataLink, "\(error)")
        }
        guard let target else { throw .nothingPublished }
        guard target.hasPrefix(folderPrefix), !target.contains("/"), target != ".." else {
            throw .malformed(dataLink, "leads elsewhere")
        }
        do throws(SystemCallError) { return try directory.openDirectory(target) } catch {
            throw .unreadable(dataLink, "\(error)")
        }
    }

    private static func key(
        in folder: borrowing Directory, _ files: CertificateFiles, _ chain: [UInt8]
    ) throws(SetFault) -> PrivateKey {
        let text = try found(files.key) { () throws(SystemCallError) in
            try folder.readSecret(files.key, limit: keyLimit)
        }
        let isCombined = try found(files.combined) { () throws(SystemCallError) in
            try text.withBytes { key throws(SystemCallError) in
                try unsafe folder.holds(
                    key, then: chain.span.bytes, files.combined,
                    limit: keyLimit + ProtocolLimits.responseBytes)
            }
        }
        guard isCombined else { throw .combinedMismatch }
        do throws(KeyError) { return try PrivateKey(pem: text) } catch {
            // It may be as good as ever.
            if error.isOutOfMemory { throw .noRoom(files.key) }
            throw .malformed(files.key, "is no private key: \(error)")
        }
    }

    private static func text(
        _ name: String, in folder: borrowing Directory, limit: Int
    ) throws(SetFault) -> [UInt8] {
        try found(name) { () throws(SystemCallError) in try folder.readFile(name, limit: limit) }
    }

    private static func found<Content: ~Copyable>(
        _ name: String, _ read: () throws(SystemCallError) -> Content?
    ) throws(SetFault) -> Content {
        let content: Content?
        do throws(SystemCallError) { content = try read() } catch { throw .unreadable(name, "\(error)") }
        guard let content else { throw .missing(name) }
        return content
    }

    private static func certificates(
        _ text: [UInt8], _ name: String, _ limits: PEM.Limits = .bundle
    ) throws(SetFault) -> [Certificate] {
        do throws(PEMError) { return try PEM.certificates(in: text, limits: limits) } catch {
            throw .malformed(name, "\(error)")
        }
    }

    /// An RSA-8192 key in PKCS#8 is 6.4 kB of PEM.
    private static let keyLimit = 16 * 1024
    /// podmint's bundle, and as much again of merged authorities.
    private static let trustedLimits = PEM.Limits(
        bytes: 2 * PEM.Limits.bundle.bytes, blocks: 2 * PEM.Limits.bundle.blocks)
    /// Either of them holds less than the PEM files do.
    private static let keystoreLimit = 1024 * 1024
    private static let keystores = [CertificatePaths.keystore, CertificatePaths.truststore]
}
