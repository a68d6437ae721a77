// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import KubernetesClient
import Testing

@testable import Issuance

struct ServiceCacheTests {
    private func set(_ name: String, in namespace: String, _ index: ServiceIndex) {
        index.apply(
            .set(
                ObjectKey(namespace: namespace, name: name),
                Service(metadata: RecordMetadata(name: name, namespace: namespace, uid: "s")), previous: nil))
    }

    @Test func `a namespace's Services come in the order of their names, as they are now`() {
        let index = ServiceIndex()
        for name in ["b", "c", "a"] { set(name, in: "shop", index) }
        set("x", in: "bank", index)
        #expect(index.services(in: "shop").map(\.metadata.name) == ["a", "b", "c"])
        set("aa", in: "shop", index)
        #expect(index.services(in: "shop").map(\.metadata.name) == ["a", "aa", "b", "c"])
        let gone = Service(metadata: RecordMetadata(name: "a", namespace: "shop", uid: "s"))
        index.apply(.removed(ObjectKey(namespace: "shop", name: "a"), gone))
        #expect(index.services(in: "shop").map(\.metadata.name) == ["aa", "b", "c"])
        #expect(index.services(in: "gone").isEmpty)
    }

    @Test func `of a namespace with too many the first are looked at, always the same`() {
        let (index, most) = (ServiceIndex(), ServiceIndex.mostOfOneNamespace)
        for number in (0..<most + 10).reversed() { set("s\(10_000 + number)", in: "shop", index) }
        let found = index.services(in: "shop")
        #expect(found.count == most && found.first?.metadata.name == "s10000")
        #expect(found.last?.metadata.name == "s\(10_000 + most - 1)")
    }
}
