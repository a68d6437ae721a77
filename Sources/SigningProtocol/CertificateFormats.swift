// SPDX-License-Identifier: Apache-2.0

/// The forms in which a certificate is published. PEM always is: the agent itself reads it again after a restart.
package struct CertificateFormats: Hashable, Sendable {
    package let hasPKCS12: Bool

    package static let pem = CertificateFormats(hasPKCS12: false)
    package static let pkcs12 = CertificateFormats(hasPKCS12: true)
    /// The words that a list may hold.
    package static let words = ["pem", "pkcs12"]

    /// Words separated by commas, with blanks around them; refuses unknown ones and an empty list.
    package init?(parsing text: String) {
        let found = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        guard found.allSatisfy(Self.words.contains) else { return nil }
        hasPKCS12 = found.contains("pkcs12")
    }

    package var text: String { hasPKCS12 ? "pem,pkcs12" : "pem" }

    private init(hasPKCS12: Bool) { self.hasPKCS12 = hasPKCS12 }
}
