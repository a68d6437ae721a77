// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestPeers
import Testing

@testable import OpenSSL

@Suite struct PKCS12Tests {
    private let authority: TestAuthority
    private let key: PrivateKey
    private let chain: [Certificate]

    init() throws {
        authority = try TestAuthority()
        key = try PrivateKey.generate(.ecdsaP256)
        let leaf = try authority.intermediate.issue(TestAuthority.template(), for: key.publicKey)
        chain = [leaf, authority.intermediate.certificate]
    }

    private func password(_ text: String) throws -> KeystorePassword {
        let password = KeystorePassword(contents: SecretBytes(copying: Array(text.utf8).span.bytes))
        guard let password else { throw OpenSSLError("password", because: "refused: \(text)") }
        return password
    }

    private func opened(_ file: [UInt8], _ options: [String], password: String) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write("store.p12", file)
        return String(
            decoding: try ForeignProgram.openSSL.run(
                ["pkcs12", "-in", folder.path + "/store.p12", "-passin", "pass:\(password)"] + options),
            as: UTF8.self)
    }

    @Test(arguments: ["", "changeit", "pässwörd €"])
    func `openssl opens a keystore, and finds the key and its chain`(text: String) throws {
        let file = try PKCS12.keystore(
            key: key, chain: chain, name: "certificate", password: try password(text)
        )
        .bytes
        let all = try opened(file, ["-nodes"], password: text)
        #expect(all.contains("friendlyName: certificate"))
        let found = try PrivateKey(pem: Array(all.utf8).privateKeyBlock.span.bytes)
        #expect(found.matches(chain[0]))
        let certificates = all.components(label: "CERTIFICATE")
        #expect(try PEM.certificates(in: certificates) == chain)
    }

    @Test func `is encrypted and sealed with nothing older than AES-256 and SHA-256`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "store.p12",
            PKCS12.keystore(key: key, chain: chain, name: "certificate", password: try password("changeit"))
                .bytes)
        // The summary goes to standard error.
        let text = try folder.run(
            "openssl pkcs12 -in store.p12 -passin pass:changeit -info -nokeys 2>&1 >/dev/null")
        #expect(text.contains("MAC: sha256, Iteration 10000"), "\(text)")
        #expect(text.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256"), "\(text)")
        #expect(!text.contains("RC2") && !text.contains("3DES"))
    }

    @Test func `a wrong password opens nothing`() throws {
        let file = try PKCS12.keystore(
            key: key, chain: chain, name: "certificate", password: try password("changeit"))
        let verdicts = [
            PKCS12.isSealed(file, with: try password("changeit")),
            PKCS12.isSealed(file, with: try password("changeit2")), PKCS12.isSealed(file, with: .empty),
            PKCS12.isSealed(SecretBytes(copying: [1, 2, 3].span.bytes), with: .empty),
        ]
        #expect(verdicts == [true, false, false, false])
        #expect(throws: ForeignProgram.Failed.self) { try opened(file.bytes, ["-nodes"], password: "other") }
    }

    @Test func `a key of another certificate makes no keystore`() throws {
        let other = try PrivateKey.generate(.ecdsaP256)
        #expect(throws: OpenSSLError.self) {
            _ = try PKCS12.keystore(key: other, chain: chain, name: "x", password: .empty)
        }
    }

    @Test(arguments: ["", "changeit"])
    func `openssl finds every certificate of a truststore, marked for Java`(text: String) throws {
        let trusted = [authority.root.certificate, authority.intermediate.certificate]
        let file = try PKCS12.truststore(trusted, password: try password(text)).bytes
        let all = try opened(file, ["-nokeys"], password: text)
        #expect(try PEM.certificates(in: all.components(label: "CERTIFICATE")) == trusted)
        #expect(all.contains("friendlyName: ca-1") && all.contains("friendlyName: ca-2"))
        // OpenSSL knows the attribute by name since 3.2.
        #expect(all.contains("2.16.840.1.113894.746875.1.1") || all.contains("Trusted key usage"), "\(all)")
    }

    @Test(
        .enabled(if: access("/usr/bin/keytool", X_OK) == 0, "keytool is not installed"),
        arguments: ["changeit", ""])
    func `Java takes both for what they are`(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "keystore.p12",
            PKCS12.keystore(key: key, chain: chain, name: "certificate", password: try password(text)).bytes)
        try folder.write(
            "truststore.p12",
            PKCS12.truststore([authority.root.certificate], password: try password(text)).bytes)
        let keys = try folder.run(
            "keytool -list -keystore keystore.p12 -storetype PKCS12 -storepass '\(text)' 2>&1")
        #expect(keys.contains("certificate, ") && keys.contains("PrivateKeyEntry"), "\(keys)")
        let trust = try folder.run(
            "keytool -list -keystore truststore.p12 -storetype PKCS12 -storepass '\(text)' 2>&1")
        #expect(trust.contains("ca-1, ") && trust.contains("trustedCertEntry"), "\(trust)")
    }

    @Test(arguments: [
        ("secret", true), ("secret\n", true), ("secret\r\n", true), ("", true), ("\n", true),
        ("two\nlines", false), ("nul\0", false), (String(repeating: "x", count: 1024), true),
        (String(repeating: "x", count: 1025), false),
    ])
    func `a password is one line`(text: String, isFine: Bool) throws {
        let password = KeystorePassword(contents: SecretBytes(copying: Array(text.utf8).span.bytes))
        let isRead = password != nil
        #expect(isRead == isFine)
    }

    @Test func `the line end behind a password does not count`() throws {
        let digests = try ["secret", "secret\n", "secret\r\n", "Secret"].map { try password($0).digest }
        #expect(digests[1] == digests[0] && digests[2] == digests[0] && digests[3] != digests[0])
    }
}

extension SecretBytes {
    fileprivate var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension TemporaryFolder {
    /// What a shell says to this, run in the folder.
    fileprivate func run(_ command: String) throws -> String {
        let stream = try #require(popen("cd '\(path)' && \(command)", "r"))
        defer { pclose(stream) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&piece, 1, piece.count, stream), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// The PEM blocks of one label, without what stands between them.
    fileprivate func components(label: String) -> String {
        var inside = false
        var kept = ""
        for line in split(separator: "\n") {
            if line == "-----BEGIN \(label)-----" { inside = true }
            if inside { kept += line + "\n" }
            if line == "-----END \(label)-----" { inside = false }
        }
        return kept
    }
}

extension [UInt8] {
    fileprivate var privateKeyBlock: [UInt8] {
        Array(String(decoding: self, as: UTF8.self).components(label: "PRIVATE KEY").utf8)
    }
}
