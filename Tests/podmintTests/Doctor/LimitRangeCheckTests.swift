// SPDX-License-Identifier: Apache-2.0
import Injection
import JSON
import Testing

@testable import podmint

@Suite struct LimitRangeCheckTests {
    private func range(_ namespace: String, _ limits: JSONValue...) -> JSONValue {
        [
            "metadata": ["name": "bounds", "namespace": .string(namespace)],
            "spec": ["limits": .array(limits)],
        ]
    }

    private func findings(_ ranges: JSONValue...) -> [Diagnosis] {
        LimitRangeCheck(ranges: ranges, namespaces: ["shop", "lax"]).findings
    }

    @Test func `says nothing where there is none, or only where nothing is injected`() {
        #expect(findings() == [])
        #expect(findings(range("other", ["type": "Container", "min": ["cpu": "1"]])) == [])
    }

    @Test func `bounds that the agent fits into are good`() {
        let limits: JSONValue = [
            "type": "Container", "min": ["cpu": "5m", "memory": "16Mi"],
            "max": ["cpu": "1", "memory": "64Mi"],
        ]
        #expect(findings(range("shop", limits)).map(\.state) == [.good])
        #expect(findings(range("shop", ["type": "Pod", "min": ["cpu": "1"]])).map(\.state) == [.good])
    }

    @Test func `names every bound in the way, of every range`() {
        let found = findings(
            range("shop", ["type": "Container", "min": ["cpu": "10m", "memory": "16Mi"]]),
            range("lax", ["type": "Container", "min": ["memory": "20M"], "max": ["cpu": "0.2"]]))
        #expect(found.map(\.state) == [.faulty, .faulty])
        #expect(found[0].object == "LimitRange shop/bounds")
        #expect(found[0].found.hasSuffix("min.cpu is 10m, and it asks for 5m"))
        #expect(
            found[1].found.hasSuffix(
                "max.cpu is 0.2, and it asks for 500m, min.memory is 20M, and it asks for 16Mi"))
    }
}
