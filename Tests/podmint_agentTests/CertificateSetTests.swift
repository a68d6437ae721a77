// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import SigningProtocol
import Testing

@testable import podmint_agent

@Suite struct CertificateSetTests {
    private static let now: Int64 = 1_800_000_000
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    @Test func `is good while it is valid`() throws {
        let set = try authority.makeSet(at: Self.now)
        #expect(set.fault(at: Self.now) == nil)
        #expect(set.fault(at: Self.now + 86400) == .expired(Self.now + 86400))
        #expect(set.fault(at: Self.now - 301) == .notYetValid(Self.now - 300))
    }

    @Test func `needs its intermediates`() throws {
        let intermediate = try authority.intermediate()
        let key = try PrivateKey.generate(.ecdsaP256)
        let leaf = try intermediate.issue(for: key.publicKey, at: Self.now)
        let whole = try CertificateSet(
            key: key, chain: [leaf, intermediate.certificate], bundle: [authority.certificate])
        #expect(whole.fault(at: Self.now) == nil)
        let broken = try CertificateSet(key: key, chain: [leaf], bundle: [authority.certificate])
        guard case .untrusted = broken.fault(at: Self.now) else {
            Issue.record("a chain without its intermediate was trusted")
            return
        }
    }

    @Test func `refuses parts that do not belong together`() throws {
        let set = try authority.makeSet(at: Self.now)
        let other = try PrivateKey.generate(.ecdsaP256)
        #expect(throws: SetFault.keyMismatch) {
            try CertificateSet(key: other, chain: set.chain, bundle: set.bundle)
        }
        #expect(throws: SetFault.self) { try CertificateSet(key: set.key, chain: [], bundle: set.bundle) }
        #expect(throws: SetFault.self) { try CertificateSet(key: set.key, chain: set.chain, bundle: []) }
    }

    @Test func `is renewed at the same moment after a restart`() throws {
        let set = try authority.makeSet(at: Self.now)
        let first = set.schedule(lifetime: .standard, renewBefore: nil)
        let again = try CertificateSet(
            key: set.key, chain: try PEM.certificates(in: set.chainPEM), bundle: set.bundle)
        #expect(again.schedule(lifetime: .standard, renewBefore: nil) == first)
        #expect((Self.now + 51840...Self.now + 62208).contains(first.renewAt))
    }
}
