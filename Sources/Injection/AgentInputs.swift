// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Policies
internal import SigningProtocol

/// What the agent needs besides its token: authorities to merge and passwords, from objects of the pod's namespace. The
/// kubelet reads them, so podmint needs no right to.
///
/// A volume of their own: one that is missing holds up the pod's start, with the kubelet's own words, and one that goes
/// later leaves the former content, and the token, alone.
struct AgentInputs: Hashable {
    private struct Entry: Hashable {
        let source: TrustSource
        let key: String
        let path: String
    }

    private let entries: [Entry]

    /// For the certificates that the agent gets, and the ConfigMap that the pod names for all of them.
    init(_ certificates: [PlannedCertificate], podAuthorities: String?) {
        var entries: [Entry] = []
        var isIssued = false
        for certificate in certificates {
            guard let settings = certificate.issued else { continue }
            isIssued = true
            if let source = settings.authorities {
                entries.append(
                    Entry(
                        source: source, key: Self.authorities, path: Self.authoritiesName(certificate.policy))
                )
            }
            if let password = settings.password, settings.formats.hasPKCS12 {
                entries.append(
                    Entry(
                        source: .secret(password.name), key: password.key,
                        path: Self.passwordName(certificate.policy)))
            }
        }
        if isIssued, let podAuthorities {
            entries.append(
                Entry(source: .configMap(podAuthorities), key: Self.authorities, path: Self.authorities))
        }
        self.entries = entries
    }

    var isEmpty: Bool { entries.isEmpty }

    func authoritiesFile(of policy: PolicyName) -> String? { file(Self.authoritiesName(policy)) }
    func passwordFile(of policy: PolicyName) -> String? { file(Self.passwordName(policy)) }
    var podAuthoritiesFile: String? { file(Self.authorities) }

    var volume: JSONValue {
        [
            "name": .string(InjectedName.inputsVolume),
            "projected": [
                // Mounted by the agent alone, whose UID the kubelet does not ask for.
                "defaultMode": 0o444,
                "sources": .array(
                    entries.map { entry in
                        let items: JSONValue = [["key": .string(entry.key), "path": .string(entry.path)]]
                        return switch entry.source {
                        case .configMap(let name): ["configMap": ["name": .string(name), "items": items]]
                        case .secret(let name): ["secret": ["name": .string(name), "items": items]]
                        }
                    }),
            ],
        ]
    }

    private func file(_ name: String) -> String? {
        entries.contains { $0.path == name } ? "\(CertificatePaths.inputsFolder)/\(name)" : nil
    }

    /// Policies' names have no dot, so none of these meets another.
    private static let authorities = "ca.crt"
    private static func authoritiesName(_ policy: PolicyName) -> String { "\(policy).ca.crt" }
    private static func passwordName(_ policy: PolicyName) -> String { "\(policy).password" }
}
