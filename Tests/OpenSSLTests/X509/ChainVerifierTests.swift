// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OpenSSL

struct ChainVerifierTests {
    let now = TestAuthority.now
    let authority: TestAuthority
    let leaf: Certificate
    var root: Certificate { authority.root.certificate }
    var intermediate: Certificate { authority.intermediate.certificate }

    init() throws {
        authority = try TestAuthority()
        leaf = try authority.identity().certificateChain[0]
    }

    func cause(_ result: ChainResult) -> ChainFault.Cause? {
        guard case .refused(let fault) = result else { return nil }
        return fault.cause
    }

    @Test(arguments: [ChainPurpose.any, .server, .client])
    func `a leaf leads over its intermediate to the root`(purpose: ChainPurpose) {
        let result = ChainVerifier.verify(
            leaf: leaf, intermediates: [intermediate], anchors: [root], at: now, purpose: purpose)
        #expect(result == .trusted([leaf, intermediate, root]))
    }

    @Test func `an intermediate or the leaf itself may be the anchor`() {
        #expect(
            ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: [intermediate], at: now)
                == .trusted([leaf, intermediate]))
        #expect(
            ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: [leaf], at: now) == .trusted([leaf]))
    }

    @Test func `of a large bundle only those with the chain's names are looked at`() throws {
        func roots(_ count: Int, _ name: (Int) -> String) throws -> [Certificate] {
            let key = try PrivateKey.generate(.ecdsaP256).publicKey
            return try (0..<count).map {
                try authority.root.issueAuthority(
                    commonName: name($0), for: key, notBefore: now, notAfter: now + 60)
            }
        }
        let others = try roots(150) { "Other \($0)" }
        #expect(
            ChainVerifier.verify(leaf: leaf, intermediates: [intermediate], anchors: others + [root], at: now)
                == .trusted([leaf, intermediate, root]))
        // Each of these might be the issuer; nobody has so many by accident.
        let namesakes = try roots(41) { _ in "Test Intermediate" }
        let result = ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: namesakes + [root], at: now)
        guard case .refused(let fault) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(fault.cause == .refused && fault.reason.hasSuffix("at most 40 are tried"))
        // Copies of one are one, and who is in a file and not on the way is not asked for its issuers.
        let copies = [Certificate](repeating: root, count: 50)
        #expect(
            ChainVerifier.verify(
                leaf: leaf, intermediates: [intermediate] + others, anchors: others + copies, at: now)
                == .trusted([leaf, intermediate, root]))
        // A few are told apart.
        #expect(
            ChainVerifier.verify(
                leaf: leaf, intermediates: [intermediate], anchors: namesakes.prefix(9) + [root], at: now)
                == .trusted([leaf, intermediate, root]))
    }

    @Test func `the first trusted certificate on the way is the end of it`() throws {
        #expect(
            ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: [root, intermediate], at: now)
                == .trusted([leaf, intermediate]))
    }

    @Test func `what is missing or not trusted is told apart`() throws {
        let other = try TestAuthority().root.certificate
        let missing = ChainVerifier.verify(leaf: leaf, intermediates: [], anchors: [root], at: now)
        #expect(cause(missing) == .issuerMissing)
        let foreign = ChainVerifier.verify(
            leaf: leaf, intermediates: [intermediate, root], anchors: [other], at: now)
        #expect(cause(foreign) == .untrustedRoot || cause(foreign) == .badSignature)
        #expect(
            cause(ChainVerifier.verify(leaf: root, intermediates: [], anchors: [], at: now)) == .untrustedRoot
        )
    }

    @Test func `time is checked only when it is given`() {
        let later = now + 2 * 86400
        let chain = [intermediate]
        #expect(
            cause(ChainVerifier.verify(leaf: leaf, intermediates: chain, anchors: [root], at: later))
                == .expired)
        let earlier = leaf.notBefore - 1
        #expect(
            cause(ChainVerifier.verify(leaf: leaf, intermediates: chain, anchors: [root], at: earlier))
                == .notYetValid)
        #expect(
            cause(ChainVerifier.verify(leaf: leaf, intermediates: chain, anchors: [root], at: nil)) == nil)
    }

    @Test func `a client certificate is no server's`() throws {
        var template = TestAuthority.template()
        template.usages = [.clientAuth]
        let client = try authority.root.issue(template, for: PrivateKey.generate(.ecdsaP256).publicKey)
        #expect(
            cause(
                ChainVerifier.verify(
                    leaf: client, intermediates: [], anchors: [root], at: now, purpose: .server))
                == .usage)
    }

    @Test func `a path length is kept`() throws {
        let key = try PrivateKey.generate(.ecdsaP256)
        let below = try authority.intermediate.issueAuthority(
            commonName: "Too deep", for: key.publicKey, notBefore: now - 60, notAfter: now + 86400)
        let issuer = try CertificateIssuer(certificate: below, key: key)
        let leaf = try issuer.issue(TestAuthority.template(), for: PrivateKey.generate(.ecdsaP256).publicKey)
        let result = ChainVerifier.verify(
            leaf: leaf, intermediates: [below, intermediate], anchors: [root], at: now)
        #expect(cause(result) == .pathLength)
    }
}
