// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct UsageCheckTests {
    let authority: ForeignAuthority
    init() throws { authority = try ForeignAuthority() }

    struct Case: Sendable {
        let extensions: [String]
        let usage: WantedUsage?
        let errors: [FaultCode]
        var warnings: [FaultCode] = []
        var key = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    }

    static let rsa = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]

    @Test(arguments: [
        Case(extensions: ["extendedKeyUsage=serverAuth"], usage: .server, errors: []),
        Case(extensions: ["extendedKeyUsage=serverAuth,clientAuth"], usage: .client, errors: []),
        Case(extensions: ["extendedKeyUsage=serverAuth"], usage: .client, errors: [.extendedKeyUsage]),
        Case(extensions: ["extendedKeyUsage=clientAuth"], usage: .server, errors: [.extendedKeyUsage]),
        Case(extensions: ["extendedKeyUsage=clientAuth"], usage: nil, errors: []),
        Case(extensions: [], usage: .server, errors: [.extendedKeyUsage]),
        Case(extensions: [], usage: nil, errors: []),
        Case(extensions: ["extendedKeyUsage=codeSigning"], usage: nil, errors: [.extendedKeyUsage]),
        Case(
            extensions: ["extendedKeyUsage=anyExtendedKeyUsage"], usage: .server, errors: [.extendedKeyUsage]),
        Case(
            extensions: ["extendedKeyUsage=anyExtendedKeyUsage"], usage: nil, errors: [],
            warnings: [.extendedKeyUsage]),
        Case(
            extensions: ["extendedKeyUsage=serverAuth,anyExtendedKeyUsage"], usage: .server, errors: [],
            warnings: [.extendedKeyUsage]),
        Case(
            extensions: ["extendedKeyUsage=critical,serverAuth"], usage: .server, errors: [],
            warnings: [.extendedKeyUsage]),
        Case(extensions: ["keyUsage=critical,digitalSignature"], usage: nil, errors: []),
        Case(extensions: ["keyUsage=critical,keyEncipherment"], usage: nil, errors: [.keyUsage]),
        Case(
            extensions: ["keyUsage=critical,keyEncipherment"], usage: nil, errors: [], warnings: [.keyUsage],
            key: rsa),
        Case(extensions: ["keyUsage=keyAgreement"], usage: nil, errors: [.keyUsage], key: rsa),
        Case(extensions: ["keyUsage=digitalSignature,keyCertSign"], usage: nil, errors: [.keyUsage]),
        Case(extensions: ["basicConstraints=CA:TRUE"], usage: nil, errors: [], warnings: [.keyUsage]),
        Case(
            extensions: ["basicConstraints=CA:TRUE", "extendedKeyUsage=serverAuth"], usage: .server,
            errors: [.keyUsage]),
        Case(
            extensions: ["basicConstraints=CA:FALSE", "extendedKeyUsage=serverAuth"], usage: .server,
            errors: []),
    ])
    func `a leaf must be fit for TLS, and for what is wanted of it`(example: Case) throws {
        let leaf = try authority.issue(example.extensions + [ForeignAuthority.leafNames], key: example.key)
        let report = FaultReport(try ForeignAuthority.faults(leaf, usage: example.usage))
        #expect(report.errors.map(\.code) == example.errors)
        #expect(report.warnings.map(\.code) == example.warnings)
    }

    @Test func `a self-signed CA certificate is a fault only where a usage is wanted`() throws {
        let root = try authority.text("root.crt")
        #expect(try ForeignAuthority.faults(root) == [])
        let asked = try ForeignAuthority.faults(root, usage: .client).map(\.code)
        #expect(asked == [.extendedKeyUsage, .keyUsage])
    }

    @Test func `an issuer's own usages narrow those below`() throws {
        let ca = ["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign", "extendedKeyUsage=clientAuth"]
        let middle = try authority.issue(ca, as: "middle", subject: "/CN=Clients Only")
        let leaf = try authority.issue(
            [ForeignAuthority.leafNames, "extendedKeyUsage=serverAuth,clientAuth"], under: "middle")
        let root = try authority.text("root.crt")
        #expect(try ForeignAuthority.faults(leaf, middle, ca: root, usage: .client) == [])
        let faults = try ForeignAuthority.faults(leaf, middle, ca: root, usage: .server)
        #expect(faults.map(\.code) == [.extendedKeyUsage])
        #expect(faults.first?.found.contains("Clients Only") == true)
    }
}
