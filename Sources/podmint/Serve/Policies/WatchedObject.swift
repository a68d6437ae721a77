// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Policies

/// A TLSPolicy or ClusterAuthority as the cluster has it now: usable or not, with the status that was last written.
struct WatchedObject<Value: Sendable>: Sendable {
    let metadata: RecordMetadata
    let generation: Int64
    let reading: PolicyReading<Value>
    let status: JSONValue

    /// Nil of what no API server sends.
    init?(_ object: JSONView, _ read: (JSONView) -> PolicyReading<Value>) {
        guard let metadata = try? RecordMetadata(of: object, kind: "object of podmint.dev") else {
            return nil
        }
        self.metadata = metadata
        generation = object.at("metadata", "generation")?.integer ?? 0
        reading = read(object)
        status = object["status"]?.value ?? [:]
    }

    var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name) }

    /// `True`, `False` or `Unknown`; nil while nobody has looked.
    func condition(_ type: String) -> String? {
        status["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }
}
