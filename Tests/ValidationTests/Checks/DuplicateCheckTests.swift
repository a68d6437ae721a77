// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Validation

struct DuplicateCheckTests {
    @Test func `each certificate that stands twice is told once`() throws {
        let authority = try ForeignAuthority()
        let leaf = try authority.issue([ForeignAuthority.leafNames])
        let root = try authority.text("root.crt")
        #expect(try ForeignAuthority.faults(leaf, ca: root) == [])
        #expect(try ForeignAuthority.faults(leaf, leaf, leaf, ca: root).map(\.code) == [.surplusCertificate])
        let bundle = try ForeignAuthority.faults(leaf, ca: root + root)
        #expect(bundle.map(\.code) == [.surplusCertificate] && bundle[0].field == "ca.pem")
        #expect(bundle[0].severity == .warning)
    }

    @Test func `roots side by side are judged each alone`() throws {
        let (one, other) = (try ForeignAuthority().text("root.crt"), try ForeignAuthority().text("root.crt"))
        #expect(try ForeignAuthority.faults(one, other) == [])
        #expect(try ForeignAuthority.faults(one, other, one).map(\.code) == [.surplusCertificate])
    }
}
