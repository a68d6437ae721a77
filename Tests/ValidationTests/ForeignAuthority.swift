// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Validation

/// Certificates as the `openssl` program makes them, odd ones included; valid from the real clock's now.
struct ForeignAuthority {
    private let folder: TemporaryFolder
    static let leafNames = "subjectAltName=DNS:web.shop.svc"

    /// A root called `root`.
    init(_ extensions: [String] = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"])
        throws
    {
        folder = try TemporaryFolder()
        try makeKey("root", Self.key)
        try ForeignProgram.openSSL.run(
            [
                "req", "-x509", "-key", path("root.key"), "-out", path("root.crt"), "-days", "7000", "-subj",
                "/CN=Root", "-config", try config(),
            ]
                + extensions.flatMap { ["-addext", $0] })
    }

    private static let key = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]

    /// Makes NAME.crt and NAME.key and answers the certificate's text.
    @discardableResult
    func issue(
        _ extensions: [String], as name: String = "leaf", under issuer: String = "root", key: [String] = key,
        subject: String = "/CN=web", serial: String = "0x4a1b2c3d4e5f60718293"
    ) throws -> String {
        try makeKey(name, key)
        try ForeignProgram.openSSL.run([
            "req", "-new", "-key", path("\(name).key"), "-out", path("csr"), "-subj", subject, "-config",
            try config(),
        ])
        var command = [
            "x509", "-req", "-in", path("csr"), "-CA", path("\(issuer).crt"), "-CAkey", path("\(issuer).key"),
            "-days", "6000", "-set_serial", serial, "-out", path("\(name).crt"),
        ]
        if !extensions.isEmpty {
            try folder.write("extensions", Array(extensions.joined(separator: "\n").utf8))
            command += ["-extfile", path("extensions")]
        }
        try ForeignProgram.openSSL.run(command)
        return try text("\(name).crt")
    }

    func text(_ file: String) throws -> String { String(decoding: try folder.read(file), as: UTF8.self) }

    /// The faults of a file with these texts.
    static func faults(
        _ texts: String..., ca: String? = nil, names: [String] = [], usage: WantedUsage? = nil
    ) throws -> [Fault] {
        let text = Array(texts.joined().utf8)
        let expectation = Expectation(
            names: try names.map { try #require(WantedName(parsing: $0)) }, usage: usage)
        let trust = Array((ca ?? "").utf8)
        let material = SecretMaterial(
            file: text.span.bytes, path: "web.pem", trust: ca == nil ? nil : trust.span.bytes,
            trustPath: "ca.pem",
            expectation: expectation)
        let start = material.certificate?.certificates.map(\.notBefore).max() ?? 0
        return SecretValidator.inspect(material, at: Timestamp(secondsSinceEpoch: start + 60)).faults
    }

    private func makeKey(_ name: String, _ options: [String]) throws {
        try ForeignProgram.openSSL.run(["genpkey"] + options + ["-out", path("\(name).key")])
    }

    /// Nothing of the machine's own openssl.cnf.
    private func config() throws -> String {
        try folder.write("config", Array("[req]\ndistinguished_name=dn\n[dn]\n".utf8))
        return path("config")
    }

    private func path(_ file: String) -> String { "\(folder.path)/\(file)" }
}
