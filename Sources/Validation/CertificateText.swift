// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
package import OpenSSL

/// How certificates and times are put into a message.
package enum CertificateText {
    /// A subject may be as long as the whole file; a message may not.
    private static let longest = 120

    /// `"CN=web,O=Shop"`, or by its first name where the subject is empty.
    static func name(_ certificate: Certificate) -> String {
        if certificate.hasSubject { return quoted(certificate.subject) }
        guard let first = certificate.subjectAlternativeNames.first else {
            return "a certificate without names"
        }
        return quoted(first.text)
    }

    static func issuer(_ certificate: Certificate) -> String { quoted(certificate.issuer) }

    package static func time(_ seconds: Int64) -> String { Timestamp(secondsSinceEpoch: seconds).description }

    /// `2 days`, `5 hours`, `1 minute`.
    package static func span(_ seconds: Int64) -> String {
        let (amount, unit): (Int64, String) =
            switch seconds.magnitude {
            case 0..<3600: (seconds / 60, "minute")
            case 0..<172_800: (seconds / 3600, "hour")
            default: (seconds / 86_400, "day")
            }
        return "\(amount) \(unit)\(amount == 1 ? "" : "s")"
    }

    /// `server auth`; the bare identifier where it has no common name.
    package static func usage(_ usage: ExtendedKeyUsage) -> String {
        switch usage {
        case .serverAuth: "server auth"
        case .clientAuth: "client auth"
        case .any: "any use"
        case .other(let identifier): common[identifier] ?? identifier
        }
    }

    private static let common = [
        "1.3.6.1.5.5.7.3.3": "code signing", "1.3.6.1.5.5.7.3.4": "e-mail",
        "1.3.6.1.5.5.7.3.8": "time stamping",
        "1.3.6.1.5.5.7.3.9": "OCSP signing",
    ]

    static func quoted(_ text: String) -> String {
        let plain = printable(text)
        return plain.count > longest ? "\"\(plain.prefix(longest))…\"" : "\"\(plain)\""
    }

    /// Without what could move a terminal's cursor, forge a line, or turn the reading direction.
    package static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
                        "\u{fffd}"
                    default: scalar
                    }
                }))
    }
}
