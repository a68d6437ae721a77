// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL

/// How certificates and times are put into a message.
enum CertificateText {
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

    static func time(_ seconds: Int64) -> String { Timestamp(secondsSinceEpoch: seconds).description }

    /// `2 days`, `5 hours`, `1 minute`.
    static func span(_ seconds: Int64) -> String {
        let (amount, unit): (Int64, String) =
            switch seconds.magnitude {
            case 0..<3600: (seconds / 60, "minute")
            case 0..<172_800: (seconds / 3600, "hour")
            default: (seconds / 86_400, "day")
            }
        return "\(amount) \(unit)\(amount == 1 ? "" : "s")"
    }

    private static func quoted(_ text: String) -> String {
        text.count > longest ? "\"\(text.prefix(longest))…\"" : "\"\(text)\""
    }
}
