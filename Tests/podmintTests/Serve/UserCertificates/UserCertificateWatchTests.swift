// SPDX-License-Identifier: Apache-2.0
import Admission
import HTTP
import Injection
import Issuance
import JSON
import KubernetesAPI
import KubernetesClient
import Logging
import OpenSSL
import Policies
import Synchronization
import Testing

@testable import podmint

/// Lists what it is given; of watches there are none.
private final class Lists: HTTPRequesting {
    private let items: Mutex<[String: JSONValue]>
    let asked = Mutex<[String]>([])

    /// By path; what is missing is forbidden.
    init(_ items: [String: JSONValue]) { self.items = Mutex(items) }

    func send(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> HTTPResponse {
        asked.withLock { $0.append(request.target) }
        let path = request.target.split(separator: "?").first.map(String.init) ?? ""
        guard let items = items.withLock({ $0[path] }) else {
            return HTTPResponse(status: 403, body: Array(#"{"kind": "Status", "code": 403}"#.utf8))
        }
        let list: JSONValue = ["metadata": ["resourceVersion": "7"], "items": items]
        return HTTPResponse(status: 200, body: list.serialized())
    }

    func open(_ request: APIRequest, timeout: Duration) async throws(RequestFailure) -> APIStream {
        throw .unreachable("no watches")
    }
}

@Suite(.timeLimit(.minutes(1))) struct UserCertificateWatchTests {
    private static let grants = "/apis/rbac.authorization.k8s.io/v1/rolebindings"
    private static let grant: JSONValue = [
        ["metadata": ["name": "podmint-namespace", "namespace": "shop", "resourceVersion": "1"]]
    ]

    /// Follows namespace `shop`, opted in, until `look` has seen enough.
    private func watching(
        _ lists: Lists, optedIn: Bool = true, _ look: (UserCertificateWatch) async throws -> Void
    ) async throws {
        let client = APIClient(transport: lists)
        let watch = UserCertificateWatch(
            client: client, services: ServiceCache(client: client), policies: .empty,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let labels = optedIn ? ["podmint.dev/injection": "enabled"] : [:]
        watch.apply(
            .set(
                ObjectKey(name: "shop"),
                Namespace(metadata: RecordMetadata(name: "shop", namespace: "", labels: labels)),
                previous: nil))
        let run = Task { await watch.run() }
        defer { run.cancel() }
        try await look(watch)
    }

    private static func secret(_ name: String, _ type: String, _ data: JSONValue) -> JSONValue {
        [
            "metadata": ["name": .string(name), "namespace": "shop", "resourceVersion": "1"],
            "type": .string(type), "data": data,
        ]
    }

    @Test func `keeps certificates and authorities of any type, and of them no key and nothing else`()
        async throws
    {
        let made = try CertificateIssuer.selfSigned(
            commonName: "web", algorithm: .ecdsaP256, notBefore: 1_700_000_000, notAfter: 1_900_000_000)
        let certificate = JSONValue.string(Base64.encode(Array(made.certificate.pem.utf8)))
        let key = JSONValue.string(
            made.key.withPEM { Base64.encode(Array(String(decoding: $0, as: UTF8.self).utf8)) })
        let lists = Lists([
            Self.grants: Self.grant,
            "/api/v1/namespaces/shop/pods": [],
            "/api/v1/namespaces/shop/secrets": [
                Self.secret("tls", "kubernetes.io/tls", ["tls.crt": certificate, "tls.key": key]),
                Self.secret("generic", "Opaque", ["tls.crt": certificate, "tls.key": key]),
                Self.secret("ca", "Opaque", ["ca.crt": certificate, "ca.key": key]),
                Self.secret("password", "Opaque", ["password": "eA=="]),
            ],
        ])
        try await watching(lists) { watch in
            while watch.secrets.isEmpty || !watch.secretHealth.isSynced {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(Set(watch.secrets.keys.map(\.name)) == ["tls", "generic", "ca"])
            for (name, kind) in [
                ("tls", "certificate"), ("generic", "certificate"), ("ca", "authority"),
                ("password", "authority"),
            ] {
                #expect("\(watch.secret(name, in: "shop").asNamedByPolicy)" == kind)
            }
            guard case .absent = watch.secret("password", in: "shop") else {
                Issue.record("a password is kept")
                return
            }
            #expect(watch.users(ofSecret: "tls", in: "shop")?.isEmpty != false)
            var kept = ""
            dump(watch.secrets, to: &kept)
            #expect(!kept.contains("PRIVATE KEY"))
        }
        // Helm's releases are large, and nobody's certificates.
        let target = lists.asked.withLock { $0.first { $0.contains("/secrets") } }
        #expect(target?.contains("type%21%3Dhelm.sh%2Frelease.v1") == true)
        #expect(target?.contains("Opaque") == false)
    }

    @Test func `reads Secrets only where an admin lets it, in namespaces that opted in`() async throws {
        for (granted, optedIn) in [(false, true), (true, false)] {
            var answers: [String: JSONValue] = [Self.grants: granted ? Self.grant : []]
            answers["/api/v1/namespaces/shop/pods"] = []
            answers["/api/v1/namespaces/shop/secrets"] = []
            let lists = Lists(answers)
            try await watching(lists, optedIn: optedIn) { watch in
                while case .notYetRead = watch.secret("tls", in: "shop") {
                    try await Task.sleep(for: .milliseconds(2))
                }
                guard case .notReadable = watch.secret("tls", in: "shop") else {
                    Issue.record("\(granted) \(optedIn): it reads")
                    return
                }
                #expect(!watch.mayReadSecrets(in: "shop"))
            }
            #expect(!lists.asked.withLock { $0.contains { $0.contains("/secrets") } })
        }
    }

    @Test func `a right that does not hold after all is told apart from what is to come`() async throws {
        let lists = Lists([Self.grants: Self.grant])
        try await watching(lists) { watch in
            while case .notYetRead = watch.secret("tls", in: "shop") {
                try await Task.sleep(for: .milliseconds(2))
            }
            guard case .notReadable = watch.secret("tls", in: "shop") else {
                Issue.record("it reads what is forbidden")
                return
            }
            while watch.users(ofSecret: "tls", in: "shop") == nil {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(watch.users(ofSecret: "tls", in: "shop") == [])
        }
    }
}
