// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// SurplusCertificate: the same certificate twice.
    static let duplicates = Check { material, _ in
        [material.certificate, material.authority].compactMap { $0 }.flatMap { entry in
            var seen: Set<Certificate> = []
            var told: Set<Certificate> = []
            return entry.certificates.filter { !seen.insert($0).inserted && told.insert($0).inserted }.map {
                material.fault(
                    .surplusCertificate, entry.field,
                    found: "\(CertificateText.name($0)) stands in \(entry.name.rawValue) more than once",
                    wanted: "each certificate once", fix: "Leave one of them in \(entry.name.rawValue).")
            }
        }
    }
}
