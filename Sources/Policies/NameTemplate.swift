// SPDX-License-Identifier: Apache-2.0
package import OpenSSL
internal import Validation

/// What a name may depend on: written `${POD_NAME}`, known when a pod's certificate is decided.
package enum NameVariable: String, CaseIterable, Hashable, Sendable {
    case podName = "POD_NAME"
    case podNamespace = "POD_NAMESPACE"
    /// Stands for every address of the pod, so one template may give two names.
    case podIP = "POD_IP"
    case podHostname = "POD_HOSTNAME"
    case podSubdomain = "POD_SUBDOMAIN"
    case serviceAccount = "SERVICE_ACCOUNT"
    case policyName = "POLICY_NAME"
    case clusterDomain = "CLUSTER_DOMAIN"
    case trustDomain = "TRUST_DOMAIN"
    /// Stands for every address of the pod's node.
    case hostIP = "HOST_IP"

    /// As it stands in a template.
    package var reference: String { "${\(rawValue)}" }

    /// For trying a template out before there is a pod.
    fileprivate var sample: String {
        switch self {
        case .podIP, .hostIP: "192.0.2.1"
        case .podName, .podHostname: "pod-0"
        case .clusterDomain, .trustDomain: "cluster.local"
        default: "sample"
        }
    }
}

/// Text with variables in it: `${POD_NAME}.es.${POD_NAMESPACE}.svc`. A dollar sign stands for nothing else.
package struct VariableText: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case literal(String)
        case variable(NameVariable)
    }

    package let parts: [Part]

    /// Refuses a variable that is not known or not closed, and what is empty.
    package init?(parsing text: String) {
        var parts: [Part] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            if dollar > rest.startIndex { parts.append(.literal(String(rest[..<dollar]))) }
            rest = rest[rest.index(after: dollar)...]
            guard rest.first == "{", let end = rest.firstIndex(of: "}"),
                let variable = NameVariable(rawValue: String(rest[rest.index(after: rest.startIndex)..<end]))
            else { return nil }
            parts.append(.variable(variable))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        guard !parts.isEmpty else { return nil }
        self.parts = parts
    }

    package var text: String {
        parts.map { part in
            switch part {
            case .literal(let text): text
            case .variable(let variable): variable.reference
            }
        }.joined()
    }

    package var variables: [NameVariable] {
        parts.compactMap { if case .variable(let variable) = $0 { variable } else { nil } }
    }

    /// Every text that comes of it: one, or as many as a variable has values; none where a variable has none. Within one
    /// text a variable has one value, however often it stands there.
    package func filled(with values: (NameVariable) -> [String]) -> [String] {
        var choices: [[NameVariable: String]] = [[:]]
        for variable in Set(variables).sorted(by: { $0.rawValue < $1.rawValue }) {
            choices = choices.flatMap { choice in
                values(variable).map { choice.merging([variable: $0]) { _, new in new } }
            }
        }
        return choices.map { choice in
            parts.map { part in
                switch part {
                case .literal(let literal): literal
                case .variable(let variable): choice[variable, default: ""]
                }
            }.joined()
        }
    }

    fileprivate var sample: String { filled { [$0.sample] }.first ?? "" }
}

/// A name that a policy adds to the certificates of its pods: one element of `subjectAltNames`.
package struct NameTemplate: Hashable, Sendable {
    /// The key it stands under.
    package enum Kind: String, CaseIterable, Hashable, Sendable { case dns, ip, uri }

    package let kind: Kind
    package let pattern: VariableText

    /// Refuses what can be no such name whatever its variables are. Internationalised names are written as A-labels (`xn--`).
    package init?(_ kind: Kind, parsing text: String) {
        guard let pattern = VariableText(parsing: text) else { return nil }
        self.kind = kind
        self.pattern = pattern
        guard Self.name(pattern.sample, as: kind) != nil else { return nil }
    }

    /// `dns:${POD_NAME}.example.com`
    package var text: String { "\(kind.rawValue):\(pattern.text)" }

    /// The names that come of it for one pod, in lower case; a text that is no name of its kind is given as it is.
    package func names(_ values: (NameVariable) -> [String]) -> [Result<SubjectAlternativeName, NotAName>] {
        pattern.filled(with: values).map { text in
            Self.name(text, as: kind).map { .success($0) } ?? .failure(NotAName(text: text))
        }
    }

    package struct NotAName: Error, Hashable, Sendable {
        package let text: String
    }

    /// A single name of this kind, in lower case where case means nothing.
    package static func name(_ text: String, as kind: Kind) -> SubjectAlternativeName? {
        switch kind {
        case .ip: return .ip(parsing: text)
        case .uri:
            guard text.utf8.count <= 2048, case .uri(let uri)? = WantedName(parsing: text)?.name else {
                return nil
            }
            return .uri(uri)
        case .dns:
            guard case .dns(let name)? = WantedName(parsing: text)?.name else { return nil }
            return .dns(name.lowercased())
        }
    }
}
