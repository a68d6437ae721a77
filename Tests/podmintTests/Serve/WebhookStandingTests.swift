// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import OpenSSL
import Testing

@testable import podmint

@Suite struct WebhookStandingTests {
    private static let now: Int64 = 1_795_339_440

    private let own, other: Certificate

    init() throws { (own, other) = (try Self.anchor("own"), try Self.anchor("other")) }

    private static func anchor(_ name: String) throws -> Certificate {
        try CertificateIssuer.selfSigned(
            commonName: name, algorithm: .ecdsaP256, notBefore: now - 7200, notAfter: now + 3600
        ).certificate
    }

    private func registration(_ bundles: [Certificate]...) -> WebhookRegistration {
        WebhookRegistration(
            entries: bundles.map {
                .init(name: "pods.podmint.dev", caBundle: Base64.encode(Array($0.map(\.pem).joined().utf8)))
            })
    }

    private func standing(_ mutating: WebhookRegistration?, _ validating: WebhookRegistration?)
        -> WebhookStanding
    {
        WebhookStanding(
            kept: [
                .init(kind: "Mutating", registration: mutating),
                .init(kind: "Validating", registration: validating),
            ])
    }

    @Test func `both must trust what is shown`() {
        let both = standing(registration([own, other]), registration([own]))
        #expect(both.verdict(showing: [own], isWriter: false) == .trusted)
        #expect(both.trusts(own) && both.admits(own) && !both.trusts(other) && !both.admits(other))
        let one = standing(registration([own]), registration([other]))
        #expect(
            one.verdict(showing: [own], isWriter: true)
                == .miss("Validating podmint does not trust this server yet"))
    }

    @Test func `what is missing is an excuse, unless what is there does not trust this server`() {
        let nothing = standing(nil, nil).verdict(showing: [own], isWriter: true)
        guard case .excuse(let what) = nothing else { return #expect(Bool(false), "\(nothing)") }
        #expect(what.hasPrefix("Mutating podmint does not exist, Validating podmint does not exist;"))
        guard case .excuse = standing(nil, registration([own])).verdict(showing: [own], isWriter: true) else {
            return #expect(Bool(false))
        }
        let wary = standing(nil, registration([other]))
        #expect(
            wary.verdict(showing: [own], isWriter: false)
                == .miss(
                    "Validating podmint does not trust this server yet; the replica that leads writes its caBundle"
                ))
        #expect(wary.absent == "Mutating podmint does not exist")
        // And the one that is there is written to.
        #expect(wary.writes(trusting: [own], at: Self.now).map(\.kind) == ["Validating"])
    }

    @Test func `a configuration without entries trusts nobody, and calls nobody`() {
        let empty = standing(registration(), registration([own]))
        #expect(!empty.trusts(own) && empty.admits(own))
        guard case .excuse(let what) = empty.verdict(showing: [own], isWriter: true) else {
            return #expect(Bool(false))
        }
        #expect(what.hasPrefix("Mutating podmint has no entries;"))
    }
}
