// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Policies
internal import SigningProtocol

/// A volume that comes with it: its name, and what it must be.
struct InjectedVolume {
    let name: String
    let json: JSONValue
    /// The member that says what kind of volume it is.
    let kind: StaticString

    static let token = InjectedVolume(name: InjectedName.tokenVolume, json: tokenJSON, kind: "projected")

    static func inputs(_ inputs: AgentInputs) -> InjectedVolume {
        InjectedVolume(name: InjectedName.inputsVolume, json: inputs.volume, kind: "projected")
    }

    /// `mode` is for what a person's Secret is mounted with; the agent gives its own files theirs.
    static func certificate(_ certificate: PlannedCertificate, mode: FileMode = .worldReadable)
        -> InjectedVolume
    {
        let name = certificate.volume
        switch certificate.source {
        case .issued(let settings):
            let isLarge =
                settings.authorities != nil || settings.formats.hasPKCS12 || certificate.addedTrust != nil
            let json =
                isLarge || certificate.policy != .standard ? memory(name, isLarge: isLarge) : standardMemory
            return InjectedVolume(name: name, json: json, kind: "emptyDir")
        case .secret(let secret, entries: false)
        where certificate.files == .standard && certificate.addedTrust == nil:
            let volume: JSONValue = [
                "name": .string(name),
                "secret": ["secretName": .string(secret), "defaultMode": .integer(Int64(mode.bits))],
            ]
            return InjectedVolume(name: name, json: volume, kind: "secret")
        case .secret(let secret, _):
            let files = certificate.files
            var sources = [
                source("secret", secret, [("tls.crt", files.certificate), ("tls.key", files.key)])
            ]
            sources.append(
                certificate.addedTrust.map { trust($0, files) }
                    ?? source("secret", secret, [("ca.crt", files.bundle)], optional: true))
            return projected(name, sources, mode)
        case .trust(let source): return projected(name, [trust(source, certificate.files)], mode)
        }
    }

    /// Whether it is ours, however much was done to it, and not somebody else's of that name.
    func isRecognisable(_ volume: JSONView) -> Bool { volume[kind]?.isObject == true }

    /// Whether a volume of this name still does its work: memory for the key, the token that podmint accepts, or the
    /// objects that it was to hold.
    func isUsable(_ volume: JSONView) -> Bool {
        if name == InjectedName.tokenVolume {
            return volume.at("projected", "sources")?.elements.contains { source in
                source.at("serviceAccountToken", "audience")?.string == SigningToken.audience
                    && source.at("serviceAccountToken", "path")?.string == CertificatePaths.tokenName
            } ?? false
        }
        // A key on a node's disk is what must not be.
        let isMemory = volume.at("emptyDir", "medium")?.isString("Memory") == true
        return isRecognisable(volume) && (isMemory || kind.description != "emptyDir")
    }

    // MARK: - Parts

    /// Memory, so that keys never reach a node's disk. Four files of a certificate with 10 CAs are below 64 kB, twice
    /// that while they are switched; with the public web's roots merged in, and keystores, 1.2 MB.
    private static func memory(_ name: String, isLarge: Bool) -> JSONValue {
        ["name": .string(name), "emptyDir": ["medium": "Memory", "sizeLimit": isLarge ? "4Mi" : "1Mi"]]
    }

    private static let standardMemory =
        memory(InjectedName.certificateVolume(of: .standard), isLarge: false).rendered

    private static func projected(_ name: String, _ sources: [JSONValue], _ mode: FileMode) -> InjectedVolume
    {
        InjectedVolume(
            name: name,
            json: [
                "name": .string(name),
                "projected": ["defaultMode": .integer(Int64(mode.bits)), "sources": .array(sources)],
            ], kind: "projected")
    }

    private static func trust(_ source: TrustSource, _ files: CertificateFiles) -> JSONValue {
        switch source {
        case .configMap(let name): self.source("configMap", name, [("ca.crt", files.bundle)])
        case .secret(let name): self.source("secret", name, [("ca.crt", files.bundle)])
        }
    }

    private static func source(
        _ kind: String, _ name: String, _ items: [(key: String, path: String)], optional: Bool = false
    ) -> JSONValue {
        var source: JSONObject = [
            "name": .string(name),
            "items": .array(items.map { ["key": .string($0.key), "path": .string($0.path)] }),
        ]
        if optional { source["optional"] = true }
        return [kind: .object(source)]
    }

    private static let tokenJSON = JSONValue.object([
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
}

/// Where a container sees a certificate.
enum InjectedMount {
    static func make(_ certificate: PlannedCertificate) -> JSONValue {
        certificate.policy == .standard && certificate.path == .standard
            ? standard : mount(certificate.volume, certificate.path)
    }

    private static let standard = mount(InjectedName.certificateVolume(of: .standard), .standard).rendered

    private static func mount(_ volume: String, _ path: MountPath) -> JSONValue {
        ["name": .string(volume), "mountPath": .string(path.text), "readOnly": true]
    }
}
