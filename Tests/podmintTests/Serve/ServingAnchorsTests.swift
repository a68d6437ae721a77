// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

@testable import podmint

@Suite struct ServingAnchorsTests {
    private static let now: Int64 = 1_795_339_440

    private func anchor(_ name: String, until: Int64 = now + 3600) throws -> Certificate {
        try CertificateIssuer.selfSigned(
            commonName: name, algorithm: .ecdsaP256, notBefore: Self.now - 7200, notAfter: until
        ).certificate
    }

    @Test func `the new stands beside the old until the old has ended`() throws {
        let (old, new, newer) = (
            try anchor("old", until: Self.now + 60), try anchor("new"), try anchor("newer")
        )
        let anchors = ServingAnchors([old], changed: [])
        #expect(anchors.add([new], at: Self.now))
        #expect(anchors.certificates == [old, new])
        #expect(anchors.pem == old.pem + new.pem)
        #expect(!anchors.add([new], at: Self.now + 61))
        #expect(anchors.add([newer], at: Self.now + 61))
        #expect(anchors.certificates == [new, newer])
    }

    @Test func `it rings when there is something new, and keeps four`() async throws {
        let bell = WakeUp()
        let anchors = ServingAnchors([], changed: [bell])
        for number in 0..<6 { _ = anchors.add([try anchor("\(number)")], at: Self.now) }
        #expect(anchors.certificates.map(\.subject) == ["CN=2", "CN=3", "CN=4", "CN=5"])
        let task = Task { await bell.forEach { withUnsafeCurrentTask { $0?.cancel() } } }
        await task.value
    }
}
