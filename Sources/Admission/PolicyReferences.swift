// SPDX-License-Identifier: Apache-2.0
package import Policies

/// What is known, from memory, of the objects that policies name. Nil: podmint does not know, or may not read it.
package protocol PolicyReferences: Sendable {
    func exists(clusterAuthority name: String) -> Bool?
    func exists(secret name: String, in namespace: String) -> Bool?
    func exists(configMap name: String, in namespace: String) -> Bool?
    /// Whose pods may get what from it.
    func rules(ofClusterAuthority name: String) -> [AllowRule]?
    /// Ends "there is no Secret x": `yet`, or where else it was looked for.
    var whereNot: String { get }
}

extension PolicyReferences {
    package func exists(secret name: String, in namespace: String) -> Bool? { nil }
    package func exists(configMap name: String, in namespace: String) -> Bool? { nil }
    package func rules(ofClusterAuthority name: String) -> [AllowRule]? { nil }
    package var whereNot: String { "yet" }
}

extension PolicyCatalog: PolicyReferences {
    /// The one called `default` signs without any object.
    package func exists(clusterAuthority name: String) -> Bool? {
        switch clusterAuthority(named: name) {
        case .notYetSynced: nil
        case .missing: name == "default"
        case .found: true
        }
    }

    package func rules(ofClusterAuthority name: String) -> [AllowRule]? {
        switch clusterAuthority(named: name) {
        case .notYetSynced: nil
        case .missing: name == "default" ? [] : nil
        case .found(let reading): reading.value?.allow
        }
    }
}
