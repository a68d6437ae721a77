// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import SigningProtocol
internal import Validation

/// Who an object is. Read from a cluster's answer as well as from a file, where it has no UID yet.
struct PolicyIdentity {
    let metadata: RecordMetadata
    let generation: Int64

    init(of object: JSONView, kind: StaticString) {
        let view = object["metadata"]
        generation = view?["generation"]?.integer ?? 0
        metadata =
            (try? RecordMetadata(of: object, kind: kind))
            ?? RecordMetadata(name: view?["name"]?.string ?? "", namespace: view?["namespace"]?.string ?? "")
    }

    /// `shop/web`, or the name alone where a file names no namespace.
    var place: String {
        metadata.namespace.isEmpty ? metadata.name : "\(metadata.namespace)/\(metadata.name)"
    }

    /// Its name as a policy's: it becomes a volume's name and a folder's.
    func policyName(_ log: FaultLog) -> PolicyName? {
        // Volume `podmint-token` is the agent's own.
        guard let name = PolicyName(parsing: metadata.name), name.text != "token" else {
            log.add(
                .invalidField, at: "metadata.name", found: "\"\(metadata.name.prefix(100))\"",
                wanted: "at most 55 lower-case letters, digits and hyphens, and not \"token\"",
                fix: "Rename it: volume podmint-<name> is made of it")
            return nil
        }
        return name
    }
}
