// SPDX-License-Identifier: Apache-2.0
import Issuance
import JSON
import OpenSSL
import Testing

@testable import podmint

@Suite struct ServingRotationTests {
    private static let host = "podmint.podmint-system.svc"
    private static let everywhere = ServingRotation.Spread(isInWebhooks: true, lacking: [])

    private func identity(_ authorities: ServingAuthorities) throws -> TLSIdentity {
        try ServingCertificate.sign(with: authorities, hosts: [Self.host], now: SystemTime.now).identity
    }

    /// What the step is called, with what it waits for.
    private func name(_ step: ServingRotation.Step) -> String {
        switch step {
        case .rest: "rest"
        case .begin(.halfOfLife): "begin at half of life"
        case .begin(.request(let text)): "begin for \(text)"
        case .forgetRequest: "forget"
        case .wait(let what): "wait: \(what)"
        case .turn: "turn"
        case .discard: "discard"
        case .drop: "drop"
        }
    }

    private func rotate(_ secret: ServingSecret) throws {
        let now = SystemTime.now
        secret.annotate("now")
        try secret.apply(secret.authorities().beginning(at: now))
        guard
            case .turn(let next) = ServingRotation.step(
                try secret.authorities(), Self.everywhere, at: now + 20)
        else {
            Issue.record("the new CA does not sign")
            return
        }
        try secret.apply(secret.authorities().turning(to: next, at: now))
    }

    @Test func `who trusts only the old and who trusts only the new is served through the whole rotation`()
        async throws
    {
        let secret = try await ServingSecret()
        let before = try secret.authorities()
        let old = before.current.certificate
        var shown = [try identity(before)]
        secret.annotate("now")
        try secret.apply(secret.authorities().beginning(at: SystemTime.now))
        let during = try secret.authorities()
        shown.append(try identity(during))
        #expect(during.current.certificate == old && during.request == nil)
        #expect(during.anchors(at: SystemTime.now).count == 2)
        guard case .waiting(let next) = during.successor else {
            Issue.record("no successor")
            return
        }
        let new = next.authority.certificate
        try secret.apply(during.turning(to: next, at: SystemTime.now))
        let after = try secret.authorities()
        #expect(after.current.certificate == new && after.former == [old])
        let last = try identity(after)
        // A replica that lags behind, and one that is ahead, for pods of every age.
        for identity in shown + [last] {
            #expect(try accepts(identity, trusting: [old], as: Self.host))
            #expect(try accepts(identity, trusting: [old, new], as: Self.host))
        }
        #expect(try accepts(last, trusting: [new], as: Self.host))
        #expect(try !accepts(shown[0], trusting: [new], as: Self.host))
        #expect(after.anchors(at: SystemTime.now) == [old, new])
    }

    @Test func `a second rotation still serves who knows only the first CA, and a third lets it go`()
        async throws
    {
        let secret = try await ServingSecret()
        var authorities = [try secret.authorities().current.certificate]
        for _ in 0..<2 {
            try rotate(secret)
            authorities.append(try secret.authorities().current.certificate)
        }
        let shown = try identity(try secret.authorities())
        for certificate in authorities {
            #expect(try accepts(shown, trusting: [certificate], as: Self.host))
        }
        try rotate(secret)
        let last = try secret.authorities()
        #expect(last.former == Array(authorities.suffix(2)))
        #expect(last.anchors(at: SystemTime.now).count == 3)
    }

    @Test func `the new CA signs only when it has been read back everywhere and had time to be seen`()
        async throws
    {
        let secret = try await ServingSecret()
        let now = SystemTime.now
        #expect(name(ServingRotation.step(try secret.authorities(), Self.everywhere, at: now)) == "rest")
        secret.annotate("me")
        #expect(
            name(ServingRotation.step(try secret.authorities(), Self.everywhere, at: now)) == "begin for me")
        try secret.apply(secret.authorities().beginning(at: now))
        // All that a new leader has is the Secret.
        let begun = try secret.authorities()
        let cases: [(ServingRotation.Spread, Int64, String)] = [
            (.init(isInWebhooks: false, lacking: []), 10_000, "wait: the webhook"),
            (.init(isInWebhooks: true, lacking: nil), 10_000, "wait: which namespaces"),
            (.init(isInWebhooks: true, lacking: ["shop"]), 599, "wait: ConfigMap podmint-root"),
            (.init(isInWebhooks: true, lacking: ["shop"]), 600, "turn"),
            (Self.everywhere, 19, "wait: all API servers"), (Self.everywhere, 20, "turn"),
        ]
        for (spread, seconds, wanted) in cases {
            #expect(name(ServingRotation.step(begun, spread, at: now + seconds)).hasPrefix(wanted))
        }
        secret.annotate("again")
        #expect(
            name(ServingRotation.step(try secret.authorities(), Self.everywhere, at: now + 20)) == "forget")
        try secret.apply(secret.authorities().forgettingRequest())
        #expect(try secret.authorities().request == nil)
    }

    @Test func `half of its life is over`() async throws {
        let authorities = try await ServingSecret().authorities()
        let certificate = authorities.current.certificate
        let half = certificate.notBefore + (certificate.notAfter - certificate.notBefore) / 2
        #expect(name(ServingRotation.step(authorities, Self.everywhere, at: half - 1)) == "rest")
        #expect(name(ServingRotation.step(authorities, Self.everywhere, at: half)) == "begin at half of life")
    }

    @Test func `what has ended is dropped, and no sooner`() async throws {
        let secret = try await ServingSecret()
        try rotate(secret)
        let turned = try secret.authorities()
        let end = turned.former[0].notAfter
        // The new CA was made in the same second or later; it must not be due itself.
        #expect(turned.holdsEnded(at: end) && !turned.holdsEnded(at: end - 1))
        #expect(turned.anchors(at: end) == [turned.current.certificate])
        #expect(turned.chain(at: end).isEmpty && !turned.chain(at: end - 1).isEmpty)
        try secret.apply(turned.dropping(at: end))
        #expect(try secret.authorities().former.isEmpty && secret.authorities().cross.isEmpty)
    }

    @Test(arguments: ["next.key", "next.crt", "next-cross.crt"])
    func `a successor that does not fit together is discarded, never used`(entry: String) async throws {
        let secret = try await ServingSecret()
        let current = try secret.authorities().current.certificate
        try secret.apply(secret.authorities().beginning(at: SystemTime.now))
        var (object, data) = (secret.object, secret.object["data"] ?? [:])
        data[entry] = data[entry == "next.key" ? "ca.key" : "ca.crt"]
        object["data"] = data
        secret.object = object
        guard
            case .discard(_, let parts) = ServingRotation.step(
                try secret.authorities(), Self.everywhere, at: SystemTime.now + 1000)
        else {
            Issue.record("it is used")
            return
        }
        try secret.apply(secret.authorities().discarding(parts: parts))
        guard case .none = try secret.authorities().successor else {
            Issue.record("it is still there")
            return
        }
        #expect(try secret.authorities().current.certificate == current)
    }

    @Test func `of two leaders one writes`() async throws {
        let secret = try await ServingSecret()
        let seen = try secret.authorities()
        try secret.apply(seen.beginning(at: SystemTime.now))
        #expect(throws: (any Error).self) { try secret.apply(seen.beginning(at: SystemTime.now)) }
    }
}
