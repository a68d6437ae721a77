// SPDX-License-Identifier: Apache-2.0
package import JSON

/// `matchLabels` and `matchExpressions`, all of which must hold; an empty selector matches everything.
package struct LabelSelector: Sendable, Hashable {
    package enum Requirement: Sendable, Hashable {
        case among(key: String, values: Set<String>)
        /// Also holds where the key is missing, as in Kubernetes.
        case notAmong(key: String, values: Set<String>)
        case exists(key: String)
        case missing(key: String)
    }

    package var requirements: [Requirement]

    package init(_ requirements: [Requirement] = []) { self.requirements = requirements }

    package init(matching labels: [String: String]) {
        requirements = labels.sorted { $0.key < $1.key }.map { .among(key: $0.key, values: [$0.value]) }
    }

    /// Refuses an operator it does not know and `In`/`NotIn` without values, as the API server does.
    package init(_ view: JSONView) throws(RecordError) {
        self.init(matching: view["matchLabels"].map(RecordMetadata.strings) ?? [:])
        guard let expressions = view["matchExpressions"] else { return }
        for expression in expressions.elements {
            guard let key = expression["key"]?.string.nonEmpty else {
                throw RecordError(kind: "LabelSelector", field: "matchExpressions.key")
            }
            let values = Set(expression["values"]?.elements.compactMap(\.string) ?? [])
            switch (expression["operator"]?.string, values.isEmpty) {
            case ("In", false): requirements.append(.among(key: key, values: values))
            case ("NotIn", false): requirements.append(.notAmong(key: key, values: values))
            case ("Exists", true): requirements.append(.exists(key: key))
            case ("DoesNotExist", true): requirements.append(.missing(key: key))
            default: throw RecordError(kind: "LabelSelector", field: "matchExpressions.operator")
            }
        }
    }

    package func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .among(let key, let values): labels[key].map(values.contains) ?? false
            case .notAmong(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .missing(let key): labels[key] == nil
            }
        }
    }
}
