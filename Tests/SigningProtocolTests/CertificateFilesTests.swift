// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SigningProtocol

struct CertificateFilesTests {
    @Test func `names what differs from the default, and reads it back`() throws {
        #expect(CertificateFiles.standard.text == "")
        let files = try #require(CertificateFiles(certificate: "node.crt", bundle: "trust.pem"))
        #expect(files.text == "certificate=node.crt,ca=trust.pem")
        #expect(CertificateFiles(parsing: files.text) == files)
        #expect(files.all == ["node.crt", "tls.key", "trust.pem", "tls.pem"])
    }

    @Test(arguments: [
        "key=", "key=a/b", "key=..", "key=.hidden", "key=tls.crt", "key=keystore.p12", "key=a b", "key", "=x",
        "keys=a", "key=a,key=b", "key=a,", ",key=a", "key=\(String(repeating: "x", count: 65))", "key=é",
    ])
    func `refuses what is no list of file names`(text: String) {
        #expect(CertificateFiles(parsing: text) == nil)
    }

    @Test func `formats are words in any order`() {
        for text in ["pkcs12", "pem,pkcs12", "pkcs12 , pem", " pkcs12"] {
            #expect(CertificateFormats(parsing: text) == .pkcs12, "\(text)")
        }
        #expect(CertificateFormats(parsing: "pem") == .pem)
        for text in ["", "jks", "pem,", "PEM", "pem;pkcs12"] {
            #expect(CertificateFormats(parsing: text) == nil)
        }
    }

    @Test func `variables of further certificates carry their number`() {
        #expect(AgentEnvironment.policy.name(ofCertificate: 0) == "PODMINT_POLICY")
        #expect(AgentEnvironment.policy.name(ofCertificate: 1) == "PODMINT_POLICY_2")
        #expect(AgentEnvironment.server.name(ofCertificate: 1) == "PODMINT_SERVER")
    }
}
