// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import Validation
internal import YAML

/// What `podmint inspect` says of all its files.
struct InspectionReport {
    let inspections: [Inspection]

    init(_ inspections: [Inspection]) { self.inspections = inspections }

    var isValid: Bool { inspections.allSatisfy(\.report.isValid) }

    func rendered(as format: OutputFormat, _ style: TerminalStyle) -> String {
        switch format {
        case .json: value.indentedText
        case .yaml: YAMLWriter.write(value)
        case .text: inspections.map { InspectionText($0, style).text }.joined(separator: "\n")
        }
    }

    /// The faults as every checking command gives them, and the facts of each certificate.
    var value: JSONValue {
        var value = FaultReport(inspections.flatMap(\.report.faults)).value
        value["certificates"] = .array(inspections.flatMap(Self.facts))
        return value
    }

    private static func facts(_ inspection: Inspection) -> [JSONValue] {
        inspection.certificates.enumerated().map { position, certificate in
            var facts = Self.facts(certificate)
            facts["object"] = .string(inspection.name)
            facts["position"] = .integer(Int64(position))
            facts["role"] = .string(role(of: certificate, in: inspection))
            return facts
        }
    }

    private static func role(of certificate: Certificate, in inspection: Inspection) -> String {
        if inspection.isBundle { return "authority" }
        if certificate == inspection.leaf { return "leaf" }
        return inspection.chain.contains(certificate) ? "issuer" : "surplus"
    }

    private static func facts(_ certificate: Certificate) -> JSONValue {
        [
            "subject": .string(certificate.subject), "issuer": .string(certificate.issuer),
            "names": .array(certificate.subjectAlternativeNames.map { .string($0.text) }),
            "notBefore": .string(CertificateText.time(certificate.notBefore)),
            "notAfter": .string(CertificateText.time(certificate.notAfter)),
            "serial": .string(certificate.serialHex), "version": .integer(Int64(certificate.version)),
            "key": .string("\(certificate.publicKey.kind)"),
            "keySHA256": .string(Digest.hex(certificate.publicKey.spkiSHA256)),
            "signature": .string(certificate.signatureAlgorithm.name), "isCA": .bool(certificate.isCA),
            "pathLength": certificate.pathLength.map { .integer(Int64($0)) } ?? .null,
            "keyUsage": certificate.keyUsage.map { .array(Self.words($0).map { .string($0) }) } ?? .null,
            "extendedKeyUsage": certificate.extendedKeyUsages.map {
                .array($0.map { .string(CertificateText.usage($0)) })
            } ?? .null,
            "sha256": .string(Digest.hex(certificate.sha256)),
        ]
    }

    static func words(_ usages: Set<KeyUsage>) -> [String] {
        KeyUsage.allCases.filter(usages.contains).map { "\($0)" }
    }
}
