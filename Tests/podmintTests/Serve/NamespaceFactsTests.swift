// SPDX-License-Identifier: Apache-2.0
import Admission
import KubernetesAPI
import KubernetesClient
import Testing

@testable import podmint

@Suite struct NamespaceFactsTests {
    @Test func `knows the labels that a namespace has now, and none of one that is gone`() {
        let facts = NamespaceFacts()
        #expect(facts.labels(ofNamespace: "shop") == .notYetSynced)
        for labels in [["a": "1"], ["a": "2"]] {
            let namespace = Namespace(metadata: RecordMetadata(name: "shop", namespace: "", labels: labels))
            facts.apply(.set(ObjectKey(name: "shop"), namespace, previous: nil))
            #expect(facts.labels(ofNamespace: "shop") == .known(labels))
        }
        #expect(facts.labels(ofNamespace: "other") == .notYetSynced)
        facts.markSynced()
        #expect(facts.labels(ofNamespace: "other") == .unheard)
        facts.apply(
            .removed(
                ObjectKey(name: "shop"), Namespace(metadata: RecordMetadata(name: "shop", namespace: ""))))
        #expect(facts.labels(ofNamespace: "shop") == .unheard)
    }
}
