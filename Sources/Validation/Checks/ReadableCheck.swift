// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// MalformedPEM, TooLarge: what could not be read, block by block.
    static let certificatesReadable = Check { material, _ in
        [material.certificate, material.authority].compactMap(\.self).flatMap { entry in
            entry.problems.map { material.fault(of: $0, in: entry.name, entry.field) }
        }
    }

    /// MalformedPEM, EncryptedKey, TooLarge of keys. An empty one is missing, and told as such; one that found no room has
    /// no fault that is known (`hasUnreadKey`).
    static let keysReadable = Check { material, _ in
        [material.key, material.authorityKey].compactMap(\.self).compactMap { entry in
            guard let problem = entry.problem, problem != .empty, !entry.isOutOfMemory else {
                return nil
            }
            return material.fault(of: problem, in: entry.name, entry.field)
        }
    }
}

extension SecretMaterial {
    fileprivate func fault(of problem: EntryProblem, in name: SecretEntryName, _ field: String) -> Fault {
        let file = name.rawValue
        let isKey = name == .key || name == .authorityKey
        let wanted = isKey ? "one unencrypted private key in PEM" : "certificates in PEM, the leaf first"
        let look =
            isKey
            ? "openssl pkey -in \(file) -noout -text"
            : "openssl x509 -in \(file) -noout -subject -issuer -dates"
        switch problem {
        case .empty:
            return fault(
                .malformedPEM, field, found: "\(file) is empty", wanted: wanted,
                fix: "Put the certificate there.")
        case .notBase64:
            return fault(
                .malformedPEM, field, found: "\(file) is not base64", wanted: "PEM, encoded in base64 once",
                fix: "Encode the file: base64 -w0 \(file); or put it under stringData as it is.")
        case .tooLarge(let bytes, let limit):
            return tooLarge(field, "\(file) has \(bytes) bytes", "at most \(limit) bytes")
        case .pem(let error), .key(.pem(let error)):
            return fault(of: error, file, field, wanted: wanted, isKey: isKey, look: look)
        case .key(.encrypted):
            return fault(
                .encryptedKey, field, found: "\(file) is passphrase-protected",
                wanted: "an unencrypted private key",
                fix:
                    "Kubernetes cannot ask for the passphrase; take it off: openssl pkey -in \(file) -out plain.key."
            )
        case .key(let error):
            return fault(
                .malformedPEM, field, found: "\(file): \(error)", wanted: wanted, fix: "Check it: \(look).")
        }
    }

    private func fault(
        of error: PEMError, _ file: String, _ field: String, wanted: String, isKey: Bool, look: String
    ) -> Fault {
        switch error.reason {
        case .tooLarge(let bytes, let limit):
            return tooLarge(field, "\(file) has \(bytes) bytes", "at most \(limit) bytes")
        case .tooManyBlocks(let limit):
            return tooLarge(field, "\(file) holds more than \(limit) PEM blocks", "at most \(limit)")
        case .notACertificate where !isKey && error.block?.isPrivateKey == true:
            return fault(
                .malformedPEM, field, found: "\(file): \(error)", wanted: wanted,
                fix:
                    "A private key has no place in \(file), which is handed to every client: take it out, and replace that key if the file was ever shared."
            )
        default:
            return fault(
                .malformedPEM, field, found: "\(file)\(error.block == nil ? " " : ": ")\(error)",
                wanted: wanted,
                fix: "Check it: \(look); then write the whole file again, BEGIN and END lines included.")
        }
    }

    private func tooLarge(_ field: String, _ found: String, _ wanted: String) -> Fault {
        fault(
            .tooLarge, field, found: found, wanted: wanted,
            fix: "Keep what is needed: the leaf and its intermediates in tls.crt, the roots in use in ca.crt."
        )
    }
}
