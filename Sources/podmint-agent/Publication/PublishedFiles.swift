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
            for name in keystores { _ = try contents(name, in: folder, limit: keystoreLimit) }
        }
        let files = layout.files
        let chainText = try contents(files.certificate, in: folder, limit: ProtocolLimits.responseBytes)
        let bundleText = try contents(files.bundle, in: folder, limit: trustedLimits.bytes)
        let keyText = try contents(files.key, in: folder, limit: keyLimit)
        let combined = try contents(
            files.combined, in: folder, limit: keyLimit + ProtocolLimits.responseBytes)
        guard isCombined(combined, keyText, chainText) else { throw .combinedMismatch }
        let key: PrivateKey
        do throws(KeyError) { key = try PrivateKey(pem: keyText) } catch {
            throw .malformed(files.key, "is no private key: \(error)")
        }
        let chain = try certificates(chainText, files.certificate)
        let trusted = try certificates(bundleText, files.bundle, trustedLimits)
        guard layout.mergesAuthorities else {
            return try CertificateSet(key: key, chain: chain, bundle: trusted)
        }
        let name = PublicationLayout.issuedBundle
        let issued = try certificates(
            try contents(name, in: folder, limit: ProtocolLimits.responseBytes), name)
        return try CertificateSet(key: key, chain: chain, bundle: issued, merging: trusted)
    }

    /// Whether the published PKCS#12 files open with this password.
    static func checkKeystores(
        in directory: borrowing Directory, password: borrowing KeystorePassword
    ) throws(SetFault) {
        let folder = try openFolder(in: directory)
        for name in keystores {
            let file = try contents(name, in: folder, limit: keystoreLimit)
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

    private static func contents(
        _ name: String, in folder: borrowing Directory, limit: Int
    ) throws(SetFault) -> SecretBytes {
        let contents: SecretBytes?
        do throws(SystemCallError) { contents = try folder.readFile(name, limit: limit) } catch {
            throw .unreadable(name, "\(error)")
        }
        guard let contents else { throw .missing(name) }
        return contents
    }

    private static func certificates(
        _ text: borrowing SecretBytes, _ name: String, _ limits: PEM.Limits = .bundle
    ) throws(SetFault) -> [Certificate] {
        do throws(PEMError) {
            return try text.withBytes { bytes throws(PEMError) in
                try PEM.certificates(in: bytes, limits: limits)
            }
        } catch { throw .malformed(name, "\(error)") }
    }

    private static func isCombined(
        _ combined: borrowing SecretBytes, _ key: borrowing SecretBytes, _ chain: borrowing SecretBytes
    ) -> Bool {
        guard combined.count == key.count + chain.count else { return false }
        return combined.withBytes { combined in
            key.withBytes { isEqual(combined.extracting(first: $0.byteCount), $0) }
                && chain.withBytes { isEqual(combined.extracting(last: $0.byteCount), $0) }
        }
    }

    private static func isEqual(_ left: RawSpan, _ right: RawSpan) -> Bool {
        unsafe left.withUnsafeBytes { left in
            unsafe right.withUnsafeBytes { right in
                guard let first = left.baseAddress, let second = right.baseAddress else {
                    return unsafe right.isEmpty
                }
                return unsafe memcmp(first, second, right.count) == 0
            }
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
