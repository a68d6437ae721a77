// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a policy has given a pod, as the volume shows that podmint gave it.
package enum PolicyHolding: Hashable, Sendable {
    /// Memory that the agent writes its certificate to.
    case issued
    /// A person's certificate.
    case mounted(secret: String)
    /// What to trust: somebody else issues.
    case trust

    package var secret: String? { if case .mounted(let secret) = self { secret } else { nil } }

    /// Nil for a volume of another kind, which somebody else gave that name.
    init?(_ volume: JSONView) {
        if volume["emptyDir" as StaticString] != nil {
            self = .issued
        } else if let secret = volume.at("secret", "secretName")?.string {
            self = .mounted(secret: secret)
        } else if let sources = volume.at("projected", "sources") {
            let key = sources.elements.first { source in
                source.at("secret", "items")?.elements.contains {
                    $0["key" as StaticString]?.isString("tls.key") ?? false
                } ?? false
            }
            self = key?.at("secret", "name")?.string.map { .mounted(secret: $0) } ?? .trust
        } else {
            return nil
        }
    }
}
