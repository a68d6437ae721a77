// SPDX-License-Identifier: Apache-2.0
import Admission
import JSON
import Policies
import Testing

@testable import podmint

struct PodCountTests {
    private func pod(_ metadata: String, agent: Bool = false, volumes: String = "[]") throws -> PodUse {
        let agents = agent ? #"[{"name": "podmint-agent", "image": "x"}]"# : "[]"
        let text =
            #"{"metadata": {"name": "p", "namespace": "shop", \#(metadata)}, "spec": {"initContainers": \#(agents), "containers": [{"name": "a", "image": "x"}], "volumes": \#(volumes)}}"#
        return try #require(PodUse(try JSONDocument(text).root))
    }

    private func policy() throws -> TLSPolicy {
        let text =
            #"{"metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}"#
        return try #require(TLSPolicy.read(try JSONDocument(text).root).value)
    }

    @Test func `counts who carries the certificate, and who should and does not`() throws {
        let volumes =
            #"[{"name": "podmint-web", "emptyDir": {}}, {"name": "podmint-token", "projected": {}}]"#
        let pods = [
            try pod(#""labels": {"app": "web"}"#, agent: true, volumes: volumes),
            // A volume of that name alone is no certificate.
            try pod(#""labels": {"app": "web"}"#, volumes: volumes),
            try pod(#""annotations": {"podmint.dev/policy": "http, web"}"#),
            try pod(#""labels": {"app": "web"}, "annotations": {"podmint.dev/inject": "false"}"#),
            try pod(#""labels": {"app": "web"}, "annotations": {"podmint.dev/policy": "http"}"#),
            try pod(#""labels": {"app": "other"}"#),
        ]
        let count = PodCount.of(try policy(), among: pods)
        #expect(count.carrying == 1)
        #expect(count.missing == 2)
    }
}
