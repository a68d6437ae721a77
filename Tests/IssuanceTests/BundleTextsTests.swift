// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

@testable import Issuance

struct BundleTextsTests {
    @Test func `what has not changed is not written out again, and what has is`() throws {
        let texts = BundleTexts()
        let (one, two) = (
            try Authority.make(name: "one", at: TestClock.start).certificate,
            try Authority.make(name: "two", at: TestClock.start).certificate
        )
        let first = texts.text(of: [one], at: "/a")
        #expect(first == Array(one.pem.utf8))
        #expect(
            first.withUnsafeBufferPointer { first in
                texts.text(of: [one], at: "/a").withUnsafeBufferPointer {
                    $0.baseAddress == first.baseAddress
                }
            })
        #expect(texts.text(of: [one, two], at: "/a") == Array((one.pem + two.pem).utf8))
        #expect(texts.text(of: [two], at: "/a") == Array(two.pem.utf8))
        #expect(texts.text(of: [one], at: "/b") == first)
    }
}
