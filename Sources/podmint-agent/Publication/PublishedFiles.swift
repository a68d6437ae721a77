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

    /// Reads, parses and compares every file; throws what is wrong first.
    static func read(in directory: borrowing Directory) throws(SetFault) -> CertificateSet {
        let folder = try openFolder(in: directory)
        for name in CertificatePaths.all {
            guard (try? directory.linkTarget(name)) == linkTarget(of: name) else { throw .missing(name) }
        }
        let chainText = try contents(
            CertificatePaths.certificate, in: folder, limit: ProtocolLimits.responseBytes)
        let bundleText = try contents(
            CertificatePaths.bundle, in: folder, limit: ProtocolLimits.responseBytes)
        let keyText = try contents(CertificatePaths.key, in: folder, limit: keyLimit)
        let combined = try contents(
            CertificatePaths.combined, in: folder, limit: keyLimit + ProtocolLimits.responseBytes)
        guard isCombined(combined, keyText, chainText) else { throw .combinedMismatch }
        let key: PrivateKey
        do throws(KeyError) { key = try PrivateKey(pem: keyText) } catch {
            throw .malformed(CertificatePaths.key, "is no private key: \(error)")
        }
        return try CertificateSet(
            key: key,
            chain: try certificates(
                chainText, CertificatePaths.certificate, ProtocolLimits.chainCertificates),
            bundle: try certificates(bundleText, CertificatePaths.bundle, ProtocolLimits.bundleCertificates))
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
        _ text: borrowing SecretBytes, _ name: String, _ limit: Int
    ) throws(SetFault) -> [Certificate] {
        do throws(PEMError) {
            return try text.withBytes { bytes throws(PEMError) in try PEM.certificates(in: bytes) }
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
}
