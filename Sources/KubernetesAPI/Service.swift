// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A Service, as far as it gives names to pods.
package struct Service: Sendable, Hashable {
    package var metadata: RecordMetadata
    /// Empty: it selects nothing (its endpoints are somebody else's).
    package var selector: [String: String]
    /// `clusterIP: None`: its DNS name is that of the pods themselves.
    package var isHeadless: Bool
    /// `type: ExternalName`: an alias for a name elsewhere; a selector on it means nothing.
    package var isExternalName: Bool
    /// Both families; empty when headless.
    package var clusterAddresses: [String]

    package init(
        metadata: RecordMetadata, selector: [String: String] = [:], isHeadless: Bool = false,
        isExternalName: Bool = false, clusterAddresses: [String] = []
    ) {
        self.metadata = metadata
        self.selector = selector
        self.isHeadless = isHeadless
        self.isExternalName = isExternalName
        self.clusterAddresses = clusterAddresses
    }

    package init(_ object: JSONView) throws(RecordError) {
        metadata = try RecordMetadata(of: object, kind: "Service")
        guard let spec = object["spec"] else { throw RecordError(kind: "Service", field: "spec") }
        selector = spec["selector"].map(RecordMetadata.strings) ?? [:]
        isExternalName = spec["type"]?.string == "ExternalName"
        let single = spec["clusterIP"]?.string.nonEmpty
        isHeadless = single == "None"
        var addresses = spec["clusterIPs"]?.elements.compactMap(\.string) ?? []
        if addresses.isEmpty, let single { addresses = [single] }
        clusterAddresses = addresses.filter { $0 != "None" && !$0.isEmpty }
    }

    /// Whether a pod with these labels is one of its endpoints.
    package func selects(_ labels: [String: String]) -> Bool {
        guard !selector.isEmpty, !isExternalName else { return false }
        return selector.allSatisfy { labels[$0.key] == $0.value }
    }
}
