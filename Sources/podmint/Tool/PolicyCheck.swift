// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import JSON
internal import Policies
internal import Validation

/// `podmint check` of TLSPolicies and ClusterAuthorities: the code that admission and the server read them with, and the rules
/// for names.
enum PolicyCheck {
    /// Nil for other kinds, and for those of other people that share a name.
    static func faults(
        of object: JSONView, in namespace: String, _ cluster: ClusterNames, _ references: any PolicyReferences
    ) -> [Fault]? {
        guard let version = object["apiVersion"]?.string, version.hasPrefix("podmint.dev/") else {
            return nil
        }
        let faults: [Fault]
        switch object["kind"]?.string {
        case "TLSPolicy": faults = PolicyFaults.ofTLSPolicy(object, in: namespace, cluster, references)
        case "ClusterAuthority": faults = PolicyFaults.ofClusterAuthority(object)
        default: return nil
        }
        return unknownVersion(version, object) + faults
    }

    private static func unknownVersion(_ version: String, _ object: JSONView) -> [Fault] {
        guard version != "podmint.dev/v1alpha1" else { return [] }
        let metadata = object["metadata"]
        let place = [metadata?["namespace"]?.string, metadata?["name"]?.string].compactMap(\.self)
        return [
            Fault(
                .invalidField, object: "\(object["kind"]?.string ?? "") \(place.joined(separator: "/"))",
                field: "apiVersion", found: "\"\(version.prefix(64))\"", wanted: "podmint.dev/v1alpha1",
                fix: "Write apiVersion: podmint.dev/v1alpha1")
        ]
    }
}
