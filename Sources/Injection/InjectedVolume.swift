// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import SigningProtocol

/// The two volumes that come with it.
enum InjectedVolume {
    /// Memory, so that keys never reach a node's disk. Four files of a certificate with 10 CAs are below 64 kB, twice
    /// that while they are switched.
    static let certificate = JSONValue.object([
        "name": .string(InjectedName.certificateVolume),
        "emptyDir": ["medium": "Memory", "sizeLimit": "1Mi"],
    ]).rendered

    static let token = JSONValue.object([
        "name": .string(InjectedName.tokenVolume),
        "projected": [
            "defaultMode": 0o644,
            "sources": [
                [
                    "serviceAccountToken": [
                        "audience": .string(SigningToken.audience),
                        "expirationSeconds": .integer(Int64(SigningToken.expirationSeconds)),
                        "path": .string(CertificatePaths.tokenName),
                    ]
                ],
                [
                    "configMap": [
                        "name": .string(InjectedName.trustConfigMap),
                        "items": [
                            [
                                "key": .string(CertificateFiles.standard.bundle),
                                "path": .string(CertificatePaths.trustName),
                            ]
                        ],
                        "optional": true,
                    ]
                ],
            ],
        ],
    ]).rendered

    /// Whether a volume of this name still does its work: memory for the key, or the token that podmint accepts.
    static func isUsable(_ volume: JSONView, as name: String) -> Bool {
        guard name == InjectedName.tokenVolume else {
            return volume.at("emptyDir", "medium")?.isString("Memory") == true
        }
        return volume.at("projected", "sources")?.elements.contains { source in
            source.at("serviceAccountToken", "audience")?.string == SigningToken.audience
                && source.at("serviceAccountToken", "path")?.string == CertificatePaths.tokenName
        } ?? false
    }

    static func mount(at path: MountPath) -> JSONValue {
        path == .standard ? standardMount : makeMount(at: path)
    }

    private static let standardMount = makeMount(at: .standard).rendered

    private static func makeMount(at path: MountPath) -> JSONValue {
        ["name": .string(InjectedName.certificateVolume), "mountPath": .string(path.text), "readOnly": true]
    }
}
