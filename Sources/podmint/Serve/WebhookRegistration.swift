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

    init(entries: [Entry]) { self.entries = entries }

    init(_ object: JSONView) {
        entries = (object["webhooks"].map { Array($0.elements) } ?? []).map { webhook in
            Entry(
                name: webhook["name"]?.string ?? "",
                caBundle: webhook["clientConfig"]?["caBundle"]?.string)
        }
    }

    /// What must be written so that the API server trusts every anchor given; nil when it does already.
    ///
    /// An entry that trusts more than that (an old anchor beside the new) is left as it is. Each write is guarded by a
    /// `test` of the entry's name, so that a configuration applied in between never gets a bundle in the wrong place.
    func patch(trusting anchors: [Certificate]) -> JSONPatch? {
        let bundle = anchors.map(\.pem).joined()
        var operations: [JSONPatch.Operation] = []
        for (index, entry) in entries.enumerated() where entry.name.hasSuffix(".podmint.dev") {
            guard !entry.trusts(anchors) else { continue }
            operations.append(.test(Self.pointer(index, "name"), .string(entry.name)))
            operations.append(
                .add(
                    Self.pointer(index, "clientConfig", "caBundle"),
                    .string(Base64.encode(Array(bundle.utf8)))))
        }
        return operations.isEmpty ? nil : JSONPatch(operations)
    }

    private static func pointer(_ index: Int, _ path: String...) -> JSONPointer {
        JSONPointer(["webhooks", String(index)] + path)
    }
}

extension WebhookRegistration.Entry {
    fileprivate func trusts(_ anchors: [Certificate]) -> Bool {
        guard let caBundle, let pem = Base64.decode(caBundle), let trusted = try? PEM.certificates(in: pem)
        else {
            return false
        }
        return anchors.allSatisfy(trusted.contains)
    }
}
