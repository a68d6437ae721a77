// SPDX-License-Identifier: Apache-2.0
import Policies
import Testing

@testable import Injection

struct AnnotationNameTests {
    @Test(arguments: [
        ("injcet", AnnotationName.inject), ("Inject", .inject), ("renewbefore", .renewBefore),
        ("mountpath", .mountPath),
        ("keyalgorithm", .keyAlgorithm), ("container", .containers), ("ipsans", .ipSANs), ("san", .sans),
    ])
    func `finds what was meant`(text: String, name: AnnotationName) {
        #expect(AnnotationName.nearest(to: text) == name)
    }

    @Test(arguments: ["", "zzzzzzzzzz", String(repeating: "inject", count: 100)])
    func `does not guess wildly`(text: String) {
        #expect(AnnotationName.nearest(to: text) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("inject", "injcet", 1), ("ab", "ba", 1),
    ])
    func `counts edits`(one: String, other: String, edits: Int) {
        #expect(Spelling.distance(one, other) == edits)
        #expect(Spelling.distance(other, one) == edits)
    }
}
