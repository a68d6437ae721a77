// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Injection

struct CertificateWishTests {
    @Test(arguments: [
        ("/etc/tls", "/etc/tls"), ("/etc/tls/", "/etc/tls"), ("/a", "/a"), ("/a b/..c", "/a b/..c"),
    ])
    func `takes absolute paths`(text: String, path: String) {
        #expect(MountPath(parsing: text)?.text == path)
    }

    @Test(arguments: [
        "", "/", "//", "etc", "/a/../b", "/a/./b", "/a//b", "/a:b", "/a\nb", "/proc", "/proc/1", "/sys/fs",
        "/dev/shm",
        "/var/run/secrets/podmint.dev/.podmint", "/var/run/secrets/podmint.dev/.podmint/x",
        "/" + String(repeating: "a", count: 1024),
    ])
    func `refuses other paths, and those that are not the app's`(text: String) {
        #expect(MountPath(parsing: text) == nil)
    }

    @Test func `takes a user and a group`() {
        #expect(FileOwner(parsing: "1000")?.user == 1000)
        #expect(FileOwner(parsing: "1000:0")?.group == 0)
        #expect(FileOwner(parsing: "2147483647")?.user == 2_147_483_647)
    }

    @Test(arguments: ["", ":", "1:", ":1", "-1", "+1", "2147483648", "root", "1:2:3", "1 ", "0x1"])
    func `refuses other owners`(text: String) {
        #expect(FileOwner(parsing: text) == nil)
    }
}
