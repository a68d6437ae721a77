// SPDX-License-Identifier: Apache-2.0
import JSON
import Policies
import Testing
import Validation

@testable import Admission

/// Names of a policy, judged before there is a pod.
struct PolicyNamesTests {
    private func faults(_ names: String, authority: String = "{}", rules: String? = nil) throws -> [Fault] {
        let spec = #"{"tls": {"subjectAltNames": \#(names)}, "authority": {"selfSigned": \#(authority)}}"#
        return try faults(spec: spec, rules: rules)
    }

    private func shared(_ names: String, rules: String? = nil) throws -> [Fault] {
        try faults(
            spec:
                #"{"tls": {"subjectAltNames": \#(names)}, "authority": {"clusterAuthority": {"name": "apps"}}}"#,
            rules: rules)
    }

    private func faults(spec: String, rules: String? = nil) throws -> [Fault] {
        let object = try JSONDocument(
            #"{"metadata": {"name": "web", "namespace": "shop"}, "spec": \#(spec)}"#)
        let reading = TLSPolicy.read(object.root)
        let policy = try #require(reading.value, "\(reading.faults.map(\.text))")
        let authority = try rules.map {
            try #require(
                ClusterAuthority.read(
                    try JSONDocument(#"{"metadata": {"name": "apps"}, "spec": {"allow": \#($0)}}"#).root
                ).value)
        }
        return PolicyNames(policy: policy, namespace: "shop", cluster: .standard).faults(
            object.root, rules: authority?.allow)
    }

    @Test(arguments: [
        #"[{"uri": "spiffe://example.com/web"}]"#, #"[{"uri": "SPIFFE://cluster.local/ns/shop/sa/web"}]"#,
        #"[{"uri": "spiffe://cluster.local/ns/bank/sa/web"}]"#,
        #"[{"uri": "spiffe://${TRUST_DOMAIN}/ns/${POD_NAMESPACE}/sa/web/more"}]"#,
        #"[{"uri": "spiffe://example.com/${POD_NAME}"}]"#,
        #"[{"dns": "billing.bank.svc"}]"#, #"[{"dns": "*.bank.svc.cluster.local"}]"#,
        #"[{"dns": "api.bank.svc.${CLUSTER_DOMAIN}"}]"#, #"[{"dns": "kubernetes.svc"}]"#,
        #"[{"dns": "my_web.example.com"}]"#, #"[{"dns": "my_web.${POD_NAME}.example.com"}]"#,
        #"[{"ip": "169.254.0.1"}]"#, #"[{"ip": "fe80::1"}]"#, #"[{"ip": "0.0.0.0"}]"#,
        #"[{"ip": "::ffff:10.0.0.1"}]"#, #"[{"ip": "224.0.0.1"}]"#,
    ]) func `what no authority of any kind gives is an error`(names: String) throws {
        for found in [try faults(names), try shared(names)] {
            #expect(found.map(\.code) == [.forbiddenName])
            #expect(found.map(\.severity) == [.error])
            #expect(found.first?.field.hasPrefix("spec.tls.subjectAltNames[0].") == true)
        }
    }

    @Test(arguments: [
        #"[{"dns": "*.example.com"}]"#, #"[{"dns": "localhost"}]"#, #"[{"ip": "127.0.0.1"}]"#,
        #"[{"ip": "::1"}]"#, #"[{"dns": "*.shop.svc"}]"#,
    ]) func `a wildcard and loopback are for a policy's own authority`(names: String) throws {
        #expect(try faults(names).isEmpty)
        let found = try shared(names, rules: #"[{"namespaces": ["*"], "dns": ["*.example.com"]}]"#)
        #expect(found.map(\.severity) == [.error])
    }

    /// A Service of any name may come, and each of the others is some pod's.
    @Test(arguments: [
        #"[{"dns": "web.shop.svc"}, {"dns": "no-such-service.shop.svc.cluster.local"}]"#,
        #"[{"dns": "${POD_NAME}.es.${POD_NAMESPACE}.svc"}, {"ip": "${POD_IP}"}, {"dns": "${POD_SUBDOMAIN}.svc"}]"#,
        #"[{"uri": "spiffe://cluster.local/ns/shop/sa/web"}, {"uri": "spiffe://${TRUST_DOMAIN}/ns/${POD_NAMESPACE}/sa/${SERVICE_ACCOUNT}"}]"#,
        #"[{"uri": "spiffe://${TRUST_DOMAIN}/ns/shop/sa/${POD_NAME}"}]"#,
    ]) func `what some pod may have passes, whoever signs`(names: String) throws {
        #expect(try faults(names).isEmpty)
        #expect(try shared(names, rules: "[]").isEmpty)
    }

    @Test func `the place of each name is told, also where one element has several`() throws {
        let names =
            #"[{"dns": "a.example.com"}, {"ip": "1.2.3.4", "dns": "billing.bank.svc", "uri": "spiffe://x/y"}]"#
        let found = try faults(names)
        #expect(
            found.map(\.field) == ["spec.tls.subjectAltNames[1].dns", "spec.tls.subjectAltNames[1].uri"])
        #expect(found.first?.found == #""billing.bank.svc" belongs to namespace "bank""#)
        #expect(found.first?.object == "TLSPolicy shop/web")
    }

    @Test func `what no rule gives now is a warning, since rules come and go`() throws {
        let names = #"[{"dns": "hulk.example.com"}]"#
        for rules in ["[]", #"[{"namespaces": ["*"], "dns": ["*.example.org"]}]"#] {
            let found = try shared(names, rules: rules)
            #expect(found.map(\.severity) == [.warning])
            #expect(found.first?.found.contains("no rule of ClusterAuthority apps") == true)
        }
        for rules in [
            #"[{"namespaces": ["*"], "dns": ["*.example.com"]}]"#,
            // Whether it gives the name only a pod can say.
            #"[{"namespaces": ["*"], "dns": ["${POD_NAME}.example.com"]}]"#,
        ] {
            #expect(try shared(names, rules: rules).isEmpty)
        }
        #expect(try shared(names, rules: nil).isEmpty)
    }

    @Test func `a Secret may be a certificate that others signed, so it is a warning there`() throws {
        let found = try faults(
            spec:
                #"{"tls": {"certificate": {"secretName": "x"}, "subjectAltNames": [{"uri": "spiffe://example.com/web"}]}}"#
        )
        #expect(found.map(\.severity) == [.warning])
        #expect(found.first?.found.contains("should podmint sign with Secret x") == true)
        #expect(
            try faults(
                spec:
                    #"{"tls": {"selfSignedCertificates": {"disabled": true}, "subjectAltNames": [{"uri": "spiffe://example.com/web"}]}}"#
            ).isEmpty)
    }
}
