// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL

/// One of podmint's two webhook configurations, as far as its `caBundle`s go.
struct WebhookRegistration: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        let name: String
        /// PEM in base64, as the API has it; nil where nobody wrote one yet.
        let caBundle: String?
    }

    let entries: [Entry]
    /// The resource version that was read.
    let version: String

    init(entries: [Entry], version: String = "1") {
        self.entries = entries
        self.version = version
    }

    init(_ object: JSONView) {
        version = object.at("metadata", "resourceVersion")?.string ?? ""
        entries = (object["webhooks"].map { Array($0.elements) } ?? []).map { webhook in
            Entry(
                name: webhook["name"]?.string ?? "",
                caBundle: webhook["clientConfig"]?["caBundle"]?.string)
        }
    }

    /// Whether it makes an API server call podmint at all.
    var hasEntries: Bool { !own.isEmpty }

    /// Whether every entry of ours, of which there is one, trusts one of these at least: each of them is enough.
    func trusts(anyOf anchors: [Certificate]) -> Bool {
        hasEntries && own.allSatisfy { entry in entry.trusted.contains(where: anchors.contains) }
    }

    func trusts(_ anchor: Certificate) -> Bool { trusts(anyOf: [anchor]) }

    private var own: [Entry] { entries.filter(\.isOwn) }

    /// What must be written so that the API server trusts every anchor given; nil when it does already.
    ///
    /// What an entry trusts already stays beside ours until it ends: replicas that are being replaced may still show
    /// it, and two that took out each other's would never come to rest. Each write is guarded by a `test` of the
    /// entry's name, so that a configuration applied in between never gets a bundle in the wrong place, and of the version
    /// that was read: what a replica wrote late, which led before, must not take out an anchor that it did not know.
    func patch(trusting anchors: [Certificate], at now: Int64) -> JSONPatch? {
        var operations: [JSONPatch.Operation] = []
        for (index, entry) in entries.enumerated() where entry.isOwn {
            let trusted = entry.trusted
            guard !anchors.allSatisfy(trusted.contains) || entry.isCarried else { continue }
            let kept = trusted.filter { $0.notAfter > now && !anchors.contains($0) }.suffix(Self.mostKept)
            let bundle = (kept + anchors).map(\.pem).joined()
            operations.append(.test(Self.pointer(index, "name"), .string(entry.name)))
            operations.append(
                .add(
                    Self.pointer(index, "clientConfig", "caBundle"),
                    .string(Base64.encode(Array(bundle.utf8)))))
        }
        guard !operations.isEmpty else { return nil }
        return JSONPatch([.test(["metadata", "resourceVersion"], .string(version))] + operations)
    }

    /// A bundle that only grew would one day be refused for its size.
    private static let mostKept = 8

    private static func pointer(_ index: Int, _ path: String...) -> JSONPointer {
        JSONPointer(["webhooks", String(index)] + path)
    }
}

extension WebhookRegistration.Entry {
    fileprivate var isOwn: Bool { name.hasSuffix(".podmint.dev") }

    /// Whether an upgrade brought the bundle (`CarriedBundle`). Written again it is ours: else the next manifests, which
    /// have none, would take it away with what their applier owned.
    fileprivate var isCarried: Bool {
        guard let caBundle, let pem = Base64.decode(caBundle) else { return false }
        return CarriedBundle.isMarked(pem)
    }

    /// Nothing where the bundle cannot be read.
    fileprivate var trusted: [Certificate] {
        guard let caBundle, let pem = Base64.decode(caBundle), let found = try? PEM.certificates(in: pem)
        else { return [] }
        return found
    }
}
