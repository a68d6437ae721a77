// SPDX-License-Identifier: Apache-2.0
internal import JSON
package import KubernetesClient
package import OpenSSL
package import Policies

/// Why CAs that a policy wants trusted are not (all) in its bundle.
package struct TrustProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A word for conditions and Events.
    package let reason: String
    package let message: String
    package let hint: String

    package var description: String { message }
}

/// Where such CAs stand: entry `ca.crt` of a ConfigMap or Secret.
package protocol TrustTexts: Sendable {
    func text(of source: TrustSource, in namespace: String) async throws(TrustProblem) -> [UInt8]
}

/// More CAs that policies want trusted, remembered for a while. A ConfigMap that is missing or broken never holds up a
/// certificate: the bundle then lacks what it should bring, and agents are told once it is there.
package actor ExtraTrust {
    static let freshness: Int64 = 30
    static let limit = 2000
    /// What one source may bring: `ProtocolLimits.bundleCertificates` less the authorities' own.
    static let mostCertificates = 100
    /// Of DER; see `AuthorityChain.mostBytes`.
    static let mostBytes = 160 * 1024

    private struct Key: Hashable {
        let namespace: String
        let source: TrustSource
    }

    private struct Entry {
        var certificates: [Certificate] = []
        var problem: TrustProblem?
        var lookedAt: Int64
    }

    private let texts: any TrustTexts
    private let clock: IssuanceClock
    private var entries: [Key: Entry] = [:]

    package init(texts: any TrustTexts, clock: IssuanceClock = .system) {
        self.texts = texts
        self.clock = clock
    }

    package func certificates(
        of source: TrustSource, in namespace: String
    ) async -> (certificates: [Certificate], problem: TrustProblem?) {
        let key = Key(namespace: namespace, source: source)
        if let known = entries[key], clock.now() - known.lookedAt < Self.freshness {
            return (known.certificates, known.problem)
        }
        var entry = Entry(lookedAt: clock.now())
        do throws(TrustProblem) {
            let text = try await texts.text(of: source, in: namespace)
            entry.certificates = try Self.authorities(in: text, source)
        } catch {
            entry.problem = error
            // What was there a moment ago is better than nothing, as long as nobody took it away.
            if error.reason == Self.unreachable { entry.certificates = entries[key]?.certificates ?? [] }
        }
        if entries.count >= Self.limit, entries[key] == nil { entries.removeAll() }
        entries[key] = entry
        return (entry.certificates, entry.problem)
    }

    static let unreachable = "AuthoritiesUnreachable"

    private static func authorities(
        in text: [UInt8], _ source: TrustSource
    ) throws(TrustProblem) -> [Certificate] {
        let found: [Certificate]
        do { found = try PEM.certificates(in: text, limits: .bundle) } catch {
            throw TrustProblem(
                reason: "MalformedPEM", message: "ca.crt of \(source.text): \(error)",
                hint: "write CA certificates in PEM there")
        }
        if let leaf = found.first(where: { !$0.isCA }) {
            throw TrustProblem(
                reason: "NotCA", message: "ca.crt of \(source.text) holds \(leaf.subject), which is no CA",
                hint: "take it out: what is trusted there may vouch for others")
        }
        guard found.count <= mostCertificates else {
            throw TrustProblem(
                reason: "TooLarge",
                message:
                    "ca.crt of \(source.text) holds \(found.count) certificates; at most \(mostCertificates) are taken",
                hint: "name only those that this policy's pods meet")
        }
        let bytes = found.reduce(0) { $0 + $1.der.count }
        guard bytes <= mostBytes else {
            throw TrustProblem(
                reason: "TooLarge",
                message:
                    "ca.crt of \(source.text) holds certificates of \(bytes) bytes; at most \(mostBytes) are taken",
                hint: "name only those that this policy's pods meet")
        }
        return found
    }
}

/// By the API server: ConfigMaps anywhere, Secrets where an admin has bound ClusterRole `podmint-namespace`.
package struct LiveTrustTexts: TrustTexts {
    private let client: APIClient

    package init(client: APIClient) { self.client = client }

    package func text(of source: TrustSource, in namespace: String) async throws(TrustProblem) -> [UInt8] {
        let (resource, name) =
            switch source {
            case .configMap(let name): (APIResource.configMaps, name)
            case .secret(let name): (APIResource.secrets, name)
            }
        let object: JSONValue?
        do { object = try await client.find(resource, namespace: namespace, name: name) } catch {
            if error.isForbidden {
                throw TrustProblem(
                    reason: "MissingRights",
                    message: "podmint may not read \(source.text) in namespace \"\(namespace)\"",
                    hint:
                        "an admin gives the right: podmint manifests --allow-namespace \(namespace) | kubectl apply --server-side -f -"
                )
            }
            throw TrustProblem(
                reason: ExtraTrust.unreachable, message: "\(source.text) cannot be read: \(error)",
                hint: "it is tried again by itself")
        }
        guard let entry = object?["data"]?[Authority.certificateEntry]?.string else {
            throw TrustProblem(
                reason: "MissingReference",
                message: "there is no \(source.text) with entry ca.crt in namespace \"\(namespace)\"",
                hint: "create it, or change spec.tls.certificateAuthorities")
        }
        if case .configMap = source { return Array(entry.utf8) }
        return Base64.decode(entry) ?? []
    }
}
