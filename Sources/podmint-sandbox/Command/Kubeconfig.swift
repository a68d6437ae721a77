// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import OpenSSL
internal import YAML

/// A kubeconfig for one user with a token.
struct Kubeconfig {
    let server: String
    let authority: String
    let user: String
    let token: String
    var namespace = "default"

    var text: String {
        let document: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "sandbox",
            "clusters": [
                [
                    "name": "sandbox",
                    "cluster": [
                        "server": .string(server),
                        "certificate-authority-data": .string(Base64.encode(Array(authority.utf8))),
                    ],
                ]
            ],
            "contexts": [
                [
                    "name": "sandbox",
                    "context": [
                        "cluster": "sandbox", "user": .string(user), "namespace": .string(namespace),
                    ],
                ]
            ],
            "users": [["name": .string(user), "user": ["token": .string(token)]]],
        ]
        return document.indentedText
    }
}
