// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct ConstraintsCheckTests {
    static let ca = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]

    @Test(
        arguments: [
            ("excluded;DNS:secret.corp.example", "*.corp.example", [.nameConstraints]),
            ("excluded;DNS:deep.secret.corp.example", "*.corp.example", [.nameConstraints]),
            ("excluded;DNS:secret.corp.example", "a.corp.example", []),
            ("excluded;DNS:secret.corp.example", "*.other.example", []),
            ("excluded;DNS:corp.example", "a.corp.example", [.nameConstraints]),
            ("permitted;DNS:corp.example", "a.corp.example", []),
            ("permitted;DNS:corp.example", "*.corp.example", []),
            ("permitted;DNS:corp.example", "a.other.example", [.nameConstraints]),
            ("permitted;IP:10.0.0.0/255.0.0.0", "a.corp.example", []),
        ] as [(String, String, [FaultCode])])
    func `names stay within what the issuers allow, with and without trust`(
        constraint: String, name: String, expected: [FaultCode]
    ) throws {
        let authority = try ForeignAuthority()
        let middle = try authority.issue(
            Self.ca + ["nameConstraints=critical,\(constraint)"], as: "middle", subject: "/CN=Middle")
        let leaf = try authority.issue(["subjectAltName=DNS:\(name)"], under: "middle")
        #expect(try ForeignAuthority.faults(leaf, middle).map(\.code) == expected)
        #expect(
            try ForeignAuthority.faults(leaf, middle, ca: authority.text("root.crt")).map(\.code) == expected)
        // Anchored at the constrained CA itself.
        #expect(try ForeignAuthority.faults(leaf, ca: middle).map(\.code) == expected)
    }

    @Test func `path lengths hold inside the chain`() throws {
        let authority = try ForeignAuthority()
        for (length, expected) in [(0, [FaultCode.pathLength]), (1, [])] {
            let upper = try authority.issue(
                ["basicConstraints=critical,CA:TRUE,pathlen:\(length)", Self.ca[1]], as: "upper",
                subject: "/CN=Upper")
            let lower = try authority.issue(Self.ca, as: "lower", under: "upper", subject: "/CN=Lower")
            let leaf = try authority.issue([ForeignAuthority.leafNames], under: "lower")
            #expect(try ForeignAuthority.faults(leaf, lower, upper).map(\.code) == expected)
            #expect(
                try ForeignAuthority.faults(leaf, lower, upper, ca: authority.text("root.crt")).map(\.code)
                    == expected)
        }
    }

    @Test func `an issuer that is no CA is NotCA`() throws {
        let authority = try ForeignAuthority()
        let middle = try authority.issue(["basicConstraints=CA:FALSE"], as: "middle", subject: "/CN=Middle")
        let leaf = try authority.issue([ForeignAuthority.leafNames], under: "middle")
        #expect(try ForeignAuthority.faults(leaf, middle).map(\.code) == [.notCA])
        #expect(
            try ForeignAuthority.faults(leaf, middle, ca: authority.text("root.crt")).map(\.code) == [.notCA])
    }
}
