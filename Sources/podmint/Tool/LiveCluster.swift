// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import JSON
internal import KubernetesAPI
internal import KubernetesClient
internal import Synchronization

/// The user's own cluster, by the user's kubeconfig and with the user's rights, for commands that look at what is there.
struct LiveCluster {
    let client: APIClient
    /// Asked for, or of the kubeconfig's context.
    let namespace: String

    init(_ options: PodClusterOptions) throws(ToolFailure) { (client, namespace) = try options.connect() }

    func object(_ resource: APIResource, _ name: String, _ kind: String) throws(ToolFailure) -> JSONValue {
        let (client, namespace) = (client, namespace)
        let found = Self.wait {
            await Result { () async throws(KubernetesError) in
                try await client.get(resource, namespace: namespace, name: name)
            }
        }
        do { return try found.get() } catch {
            throw .failed(
                "cannot read \(kind) \(namespace)/\(name): \(error)",
                hint:
                    "see whether kubectl get \(kind.lowercased()) \(name) -n \(namespace) can; -n names another namespace"
            )
        }
    }

    /// All of a kind in the namespace; nil where they cannot be listed.
    func all(_ resource: APIResource, kind: String) -> [JSONValue]? {
        let (client, namespace) = (client, namespace)
        return Self.wait {
            try? await client.list(resource, ObjectScope(namespace: namespace)).map { object in
                // Items of a list do not say what they are.
                var object = object
                object["kind"] = .string(kind)
                return object
            }
        }
    }

    /// Blocks the one thread of a command until the answer is there.
    private static func wait<Value: Sendable>(_ ask: @escaping @Sendable () async -> Value) -> Value {
        let answer = Answer<Value>()
        Task.detached {
            let value = await ask()
            answer.value.withLock { $0 = value }
        }
        while true {
            if let value = answer.value.withLock({ $0 }) { return value }
            // A round trip takes longer than the few looks at this, and nothing here can fail.
            usleep(500)
        }
    }

    private final class Answer<Value: Sendable>: Sendable {
        let value = Mutex<Value?>(nil)
    }
}

extension Result where Failure == KubernetesError {
    fileprivate init(_ ask: () async throws(KubernetesError) -> Success) async {
        do { self = .success(try await ask()) } catch { self = .failure(error) }
    }
}
