// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import KubernetesAPI

@Suite struct ServiceTests {
    static func service(_ spec: String) throws -> Service {
        try Service(
            JSONDocument(#"{"metadata": {"name": "s", "namespace": "n", "uid": "u"}, "spec": \#(spec)}"#).root
        )
    }

    @Test func `a selector matches a pod that has all its labels`() throws {
        let service = try Self.service(#"{"selector": {"app": "web", "tier": "a"}, "clusterIP": "10.1.0.1"}"#)
        #expect(service.selects(["app": "web", "tier": "a", "more": "x"]))
        #expect(!service.selects(["app": "web"]))
        #expect(!service.isHeadless && service.clusterAddresses == ["10.1.0.1"])
    }

    @Test(arguments: [#"{}"#, #"{"selector": {}}"#, #"{"selector": {"app": "web"}, "type": "ExternalName"}"#])
    func `without a selector, or as an alias, it selects nothing`(spec: String) throws {
        #expect(try !Self.service(spec).selects(["app": "web"]))
    }

    @Test func `headless is a cluster IP of None, and has no address`() throws {
        let service = try Self.service(#"{"clusterIP": "None", "clusterIPs": ["None"]}"#)
        #expect(service.isHeadless && service.clusterAddresses.isEmpty)
    }

    @Test func `both families of a dual-stack Service are kept`() throws {
        let service = try Self.service(#"{"clusterIP": "10.1.0.1", "clusterIPs": ["10.1.0.1", "fd00::1"]}"#)
        #expect(service.clusterAddresses == ["10.1.0.1", "fd00::1"])
    }

    @Test(arguments: [
        ("enabled", Namespace.OptIn.enabled), ("policies", .policies), ("audit", .audit), ("yes", nil),
    ])
    func `a namespace opts in by a known value only`(value: String, optIn: Namespace.OptIn?) throws {
        let text =
            #"{"metadata": {"name": "n", "uid": "u", "labels": {"podmint.dev/injection": "\#(value)"}}}"#
        #expect(try Namespace(JSONDocument(text).root).optIn == optIn)
    }

    @Test func `a Secret's record holds no value`() throws {
        let text =
            #"{"metadata": {"name": "s", "uid": "u"}, "type": "kubernetes.io/tls", "data": {"tls.key": "c2VjcmV0"}}"#
        let secret = try Secret(JSONDocument(text).root)
        #expect(secret.type == "kubernetes.io/tls" && secret.keys == ["tls.key"])
        #expect(!"\(secret)".contains("c2VjcmV0"))
    }
}
