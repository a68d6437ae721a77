// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// Which namespaces opted in, and whether pods there have what they need to trust podmint.
struct NamespacesCheck {
    /// As listed from the API.
    let namespaces: [JSONValue]
    let excluded: [String]

    private static let code = "NamespaceLabel"
    private static let label = Namespace.injectionLabel
    private static let values = ["enabled", "policies", "audit"]

    var findings: [Diagnosis] {
        let labelled = namespaces.compactMap { namespace in
            Self.value(of: namespace).map { (name: Self.name(of: namespace), value: $0) }
        }
        guard !labelled.isEmpty else {
            return [
                .unseen(
                    Self.code, "namespaces", "none is opted in, so podmint has nothing to do",
                    fix: "kubectl label namespace NAME \(Self.label)=enabled")
            ]
        }
        let faults = labelled.compactMap { name, value -> Diagnosis? in
            if excluded.contains(name) {
                return .faulty(
                    Self.code, "Namespace \(name)", "is labelled, and can never be opted in",
                    fix: "kubectl label namespace \(name) \(Self.label)-")
            }
            guard !Self.values.contains(value) else { return nil }
            return .faulty(
                Self.code, "Namespace \(name)", "is labelled \(Self.label)=\(value), which means nothing",
                fix:
                    "kubectl label namespace \(name) \(Self.label)=enabled --overwrite (or policies, or audit)"
            )
        }
        let counts = Self.values.compactMap { value -> String? in
            let count = labelled.count { $0.value == value && !excluded.contains($0.name) }
            return count == 0 ? nil : "\(count) \(value)"
        }
        guard !counts.isEmpty else { return faults }
        return faults + [.good(Self.code, "namespaces", "opted in: \(counts.joined(separator: ", "))")]
    }

    /// Opted in, and there to stay.
    var optedIn: [String] {
        namespaces.filter { namespace in
            Self.value(of: namespace).map(Self.values.contains) == true
                && !excluded.contains(Self.name(of: namespace))
                && namespace.at("metadata", "deletionTimestamp") == nil
        }.map(Self.name)
    }

    /// Opted in, and not only watched.
    var injecting: [String] {
        let audited = Set(namespaces.filter { Self.value(of: $0) == "audit" }.map(Self.name))
        return optedIn.filter { !audited.contains($0) }
    }

    /// None of one that can never be opted in.
    func labels(of name: String) -> [String: String] {
        guard !excluded.contains(name),
            let namespace = namespaces.first(where: { Self.name(of: $0) == name })
        else { return [:] }
        let labels = namespace.at("metadata", "labels")?.object ?? [:]
        return Dictionary(labels.compactMap { key, value in value.string.map { (key, $0) } }) { $1 }
    }

    /// Where a pod can be tried: injected, and no setting of its own about Secrets.
    var forTrial: String? {
        namespaces.first { namespace in
            injecting.contains(Self.name(of: namespace))
                && namespace.at("metadata", "labels", "podmint.dev/validation") == nil
        }.map(Self.name)
    }

    /// Where a TLSPolicy can be tried: anywhere but where nothing is ever looked at.
    var forPolicyTrial: String? {
        forTrial
            ?? namespaces.filter { $0.at("metadata", "deletionTimestamp") == nil }.map(Self.name)
            .filter { !excluded.contains($0) }.min { $0 == "default" && $1 != "default" }
    }

    /// `anchors` holds ConfigMap `podmint-root` of each namespace that has one.
    func anchorFindings(_ anchors: [String: String]) -> [Diagnosis] {
        guard !optedIn.isEmpty else { return [] }
        let missing = optedIn.filter { anchors[$0]?.contains("-----BEGIN CERTIFICATE-----") != true }
        guard let first = missing.first else {
            return [
                .good(
                    "TrustAnchor", "ConfigMap podmint-root",
                    "is in each of the \(optedIn.count) namespaces that opted in")
            ]
        }
        return [
            .faulty(
                "TrustAnchor", "ConfigMap podmint-root",
                "is missing or empty in \(missing.count) opted-in namespace\(missing.count == 1 ? "" : "s"), such as \(first)",
                fix:
                    "the leading podmint writes it within seconds: look at its log for \"cannot write the trust anchor\""
            )
        ]
    }

    private static func name(of namespace: JSONValue) -> String {
        namespace.at("metadata", "name")?.string ?? ""
    }

    private static func value(of namespace: JSONValue) -> String? {
        namespace.at("metadata", "labels", label)?.string
    }
}
