// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// The block under `spec.tls`; takes ECK's `spec.transport.tls` as it is.
package struct TransportTLS: Hashable, Sendable {
    /// A Secret of the policy's namespace: with `ca.crt` and `ca.key` a CA to sign with, with `tls.crt` and `tls.key` a
    /// certificate to mount.
    package var certificateSecret: String?
    package var subjectAltNames: [NameTemplate] = []
    package var certificateAuthorities: TrustSource?
    /// Somebody else issues; podmint injects and distributes trust.
    package var selfSignedDisabled = false

    package init() {}

    static let fields = [
        "certificate", "subjectAltNames", "certificateAuthorities", "selfSignedCertificates",
        "otherNameSuffix",
    ]
    /// Beyond the names that each pod has by itself; a certificate carries at most 100.
    package static let maximumNames = 64

    init(_ field: SpecField) {
        self.init()
        if let certificate = field.object("certificate", of: ["secretName"]) {
            certificateSecret = certificate.objectName("secretName")
        }
        subjectAltNames = field.list("subjectAltNames", limit: Self.maximumNames).flatMap(Self.names)
        field.refuseForNow("otherNameSuffix")
        if let source = field.object("certificateAuthorities", of: ["configMapName", "secretName"]) {
            readAuthorities(source)
        }
        if let selfSigned = field.object("selfSignedCertificates", of: ["disabled"]) {
            selfSignedDisabled = selfSigned.bool("disabled") ?? false
        }
    }

    private mutating func readAuthorities(_ field: SpecField) {
        let configMap = field.objectName("configMapName")
        let secret = field.objectName("secretName")
        switch (configMap, secret) {
        case (let name?, nil): certificateAuthorities = .configMap(name)
        case (nil, let name?): certificateAuthorities = .secret(name)
        case (nil, nil):
            field.invalid(
                wanted: "configMapName or secretName",
                fix: "Name the object whose entry ca.crt is to be trusted")
        case (.some, .some): field.invalid(wanted: "one of configMapName and secretName", fix: "Remove one")
        }
    }

    /// One element may bring a name of each kind, as ECK allows.
    private static func names(_ field: SpecField) -> [NameTemplate] {
        let kinds = NameTemplate.Kind.allCases
        guard field.view.isObject else {
            field.invalid(wanted: "an object with dns, ip or uri", fix: "Write {dns: a.example.com}")
            return []
        }
        field.allow(kinds.map(\.rawValue))
        guard kinds.contains(where: { field.member($0.rawValue) != nil }) else {
            field.invalid(wanted: "dns, ip or uri", fix: "Write {dns: a.example.com}")
            return []
        }
        return kinds.compactMap { kind in
            field.text(
                kind.rawValue, wanted: "\(kind.description), with variables like ${POD_NAME}",
                fix:
                    "Variables are \(NameVariable.allCases.map(\.reference).joined(separator: " ")); write international names as xn-- labels"
            ) { NameTemplate(kind, parsing: $0) }
        }
    }
}

extension NameTemplate.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dns: "a DNS name"
        case .ip: "an IPv4 or IPv6 address"
        case .uri: "a URI like https://example.com/path"
        }
    }
}

extension SpecField {
    /// The name of a Secret, ConfigMap or other object (RFC 1123 subdomain).
    func objectName(_ key: String) -> String? {
        text(key, wanted: "the name of an object", fix: "Write it as `kubectl get` shows it") { text in
            Self.isObjectName(text) ? text : nil
        }
    }

    static func isObjectName(_ text: String) -> Bool { ObjectName.isValid(text) }
}
