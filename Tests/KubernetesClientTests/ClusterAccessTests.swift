// SPDX-License-Identifier: Apache-2.0
import HTTPTransport
import OpenSSL
import Testing

@testable import KubernetesClient

@Suite struct ClusterAccessTests {
    private static let environment = [
        "KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "6443",
    ]
    private static let account = "var/run/secrets/kubernetes.io/serviceaccount"

    private func pod() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        folder.write("\(Self.account)/token", "pod-token")
        folder.write("\(Self.account)/namespace", "podmint-system\n")
        return folder
    }

    @Test func `a pod finds its server and its account`() throws {
        let folder = try pod()
        let access = try ClusterAccess.inCluster(environment: { Self.environment[$0] }, root: folder.path(""))
        #expect(access.endpoint.host == "10.96.0.1" && access.endpoint.port == 6443)
        #expect(access.namespace == "podmint-system")
        #expect(try access.token.current() == "pod-token")
    }

    @Test func `the certificate authority is read when it is used`() throws {
        let folder = try pod()
        let access = try ClusterAccess.inCluster(environment: { Self.environment[$0] }, root: folder.path(""))
        #expect(throws: ClusterAccessError.self) { try access.tlsMaterial() }
        let (certificate, _) = try CertificateIssuer.selfSigned(
            commonName: "ca", algorithm: .ecdsaP256, notBefore: 1_700_000_000, notAfter: 4_000_000_000,
            pathLength: nil)
        folder.write("\(Self.account)/ca.crt", certificate.pem)
        let material = try #require(try access.tlsMaterial())
        _ = try access.tlsContext(material)
        folder.write("\(Self.account)/ca.crt", certificate.pem + certificate.pem)
        #expect(try access.tlsMaterial() != material)
        folder.write("\(Self.account)/ca.crt", "nothing")
        let broken = try #require(try access.tlsMaterial())
        #expect(throws: ClusterAccessError.self) { try access.tlsContext(broken) }
    }

    @Test func `says why this is no pod`() throws {
        let folder = try TemporaryFolder()
        let outside = #expect(throws: ClusterAccessError.self) {
            try ClusterAccess.inCluster(environment: { _ in nil })
        }
        #expect(outside?.hint.contains("--kubeconfig") == true)
        let without = #expect(throws: ClusterAccessError.self) {
            try ClusterAccess.inCluster(environment: { Self.environment[$0] }, root: folder.path(""))
        }
        #expect(without?.hint.contains("automountServiceAccountToken") == true)
    }

    @Test func `is discovered in kubectl's order`() throws {
        let folder = try pod()
        let config = """
            current-context: x
            clusters: [{name: c, cluster: {server: "https://from-file:1"}}]
            contexts: [{name: x, context: {cluster: c}}]
            """
        folder.write("config", config)
        folder.write(".kube/config", config.replacing("from-file", with: "from-home"))
        let host = { (kubeconfig: String?, environment: [String: String]) throws in
            try ClusterAccess.discover(
                kubeconfig: kubeconfig, environment: { environment[$0] }, root: folder.path("")
            ).endpoint.host
        }
        let home = ["HOME": folder.path(".")]
        #expect(try host(folder.path("config"), home) == "from-file")
        #expect(try host(nil, home.merging(["KUBECONFIG": folder.path("config")]) { $1 }) == "from-file")
        #expect(try host(nil, home) == "from-home")
        #expect(try host(nil, home.merging(Self.environment) { $1 }) == "from-home")
        #expect(try host(nil, Self.environment) == "10.96.0.1")
        #expect(throws: ClusterAccessError.self) { try host(nil, [:]) }
        #expect(throws: ClusterAccessError.self) { try host(folder.path("absent"), home) }
    }
}
