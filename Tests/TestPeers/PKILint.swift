// SPDX-License-Identifier: Apache-2.0

/// DigiCert's pkilint, a judge of certificates by RFC 5280 that shares nothing with OpenSSL.
package enum PKILint {
    package struct Finding: Sendable, CustomStringConvertible {
        /// Of the certificate in the list that was given.
        package let place: Int
        package let severity: String
        /// Stable, like `pkix.invalid_uri_syntax`.
        package let code: String
        package let description: String
    }

    /// Its PKIX checks of each certificate and of each with its issuer, from NOTICE on; texts are PEM.
    package static func findings(in certificates: [(text: String, issuer: String)]) throws -> [Finding] {
        let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let input = certificates.map { $0.text + $0.issuer }.joined()
        let said = try PythonTools.run([folder + "/lint.py"], input: Array(input.utf8))
        return try String(decoding: said, as: UTF8.self).split(separator: "\n").map { line in
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 5, let place = Int(fields[0]) else {
                throw ForeignProgram.Failed(description: "lint.py printed \(line)")
            }
            return Finding(
                place: place, severity: fields[1], code: fields[2],
                description: fields.dropFirst().joined(separator: " "))
        }
    }

    /// What podmint does otherwise than pkilint would have it, by code and what it is about; each is in docs/validation.md
    /// with its reason.
    package static func isExcepted(_ finding: Finding) -> Bool {
        let quoted = finding.description.split(separator: "\"").last ?? ""
        switch finding.code {
        // It knows a list of schemes, and `spiffe` is not in it.
        case "pkix.invalid_uri_syntax": return quoted.hasPrefix("spiffe://")
        // It wants two labels or more, and no wildcard.
        case "pkix.invalid_domain_name_syntax":
            let labels = (quoted.hasPrefix("*.") ? quoted.dropFirst(2) : quoted).split(
                separator: ".", omittingEmptySubsequences: false)
            return (labels.count == 1 || quoted.hasPrefix("*.")) && labels.allSatisfy(isLabel)
        default: return false
        }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
            && (1...63).contains(text.utf8.count) && text.first != "-" && text.last != "-"
    }
}
