// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

struct UnifiedDiffTests {
    @Test func `is empty when nothing changed`() {
        #expect(UnifiedDiff(from: "a\nb\n", to: "a\nb\n", oldName: "x", newName: "y").text.isEmpty)
    }

    /// What `diff -u` of GNU diffutils 3.8 prints for the same texts.
    @Test func `is what diff -u prints`() {
        let old = (1...20).map { "\($0)\n" }.joined()
        let new = old.replacingOnce("3\n", "three\n").replacingOnce("18\n", "18\nand a half\n")
        #expect(
            UnifiedDiff(from: old, to: new, oldName: "x", newName: "y").text == """
                --- x
                +++ y
                @@ -1,6 +1,6 @@
                 1
                 2
                -3
                +three
                 4
                 5
                 6
                @@ -16,5 +16,6 @@
                 16
                 17
                 18
                +and a half
                 19
                 20

                """)
    }

    @Test func `starts from nothing`() {
        #expect(
            UnifiedDiff(from: "", to: "a\n", oldName: "x", newName: "y").text
                == "--- x\n+++ y\n@@ -0,0 +1,1 @@\n+a\n")
    }
}

extension String {
    fileprivate func replacingOnce(_ old: String, _ new: String) -> String {
        var text = self
        let start = text.indices.first { text[$0...].hasPrefix(old) }
        if let start { text.replaceSubrange(start..<text.index(start, offsetBy: old.count), with: new) }
        return text
    }
}
