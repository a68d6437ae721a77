// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The API server's own mutating plugin: gives each pod an account, and each container that account's token.
///
/// Runs before the webhooks, and once more after them, so that a container that a webhook put in is served too.
struct ServiceAccountAdmission {
    let store: Store
    let surroundings: Surroundings
    static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let volumePrefix = "kube-api-access-"

    func admit(_ pod: inout JSONValue, namespace: String) throws(APIError) {
        guard pod.annotations["kubernetes.io/config.mirror"] == nil else { return }
        if (pod.text("spec", "serviceAccountName") ?? "").isEmpty {
            pod.put("default", "spec", "serviceAccountName")
            pod.put("default", "spec", "serviceAccount")
        }
        let name = pod.text("spec", "serviceAccountName") ?? "default"
        guard let account = store.object(.serviceAccounts, namespace, name) else {
            throw .forbidden(
                .pods, pod.name,
                "error looking up service account \(namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
        if pod.list("spec", "imagePullSecrets").isEmpty, let secrets = account.find("imagePullSecrets") {
            pod.put(secrets, "spec", "imagePullSecrets")
        }
        let mounts =
            pod.find("spec", "automountServiceAccountToken")?.bool
            ?? account.find("automountServiceAccountToken")?.bool ?? true
        if mounts { mountToken(&pod) }
    }

    private func mountToken(_ pod: inout JSONValue) {
        let known = pod.list("spec", "volumes").compactMap { $0.text("name") }.first {
            $0.hasPrefix(Self.volumePrefix)
        }
        let name = known ?? Self.volumePrefix + surroundings.suffix()
        var isNeeded = false
        for list in ["initContainers", "containers"] {
            pod.mapList("spec", list) { container in
                var mounts = container.list("volumeMounts")
                guard !mounts.contains(where: { $0.text("mountPath") == Self.mountPath }) else { return }
                mounts.append(["name": .string(name), "readOnly": true, "mountPath": .string(Self.mountPath)])
                container.put(.array(mounts), "volumeMounts")
                isNeeded = true
            }
        }
        guard isNeeded, known == nil else { return }
        pod.put(.array(pod.list("spec", "volumes") + [Self.volume(name)]), "spec", "volumes")
    }

    private static func volume(_ name: String) -> JSONValue {
        [
            "name": .string(name),
            "projected": [
                "sources": [
                    ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
                    [
                        "configMap": [
                            "name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]],
                        ]
                    ],
                    [
                        "downwardAPI": [
                            "items": [
                                [
                                    "path": "namespace",
                                    "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"],
                                ]
                            ]
                        ]
                    ],
                ],
                "defaultMode": 420,
            ],
        ]
    }
}
