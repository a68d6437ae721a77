// SPDX-License-Identifier: Apache-2.0
package import SigningProtocol

/// Where the app finds its files, and what they are called: `spec.mount`.
package struct MountSettings: Hashable, Sendable {
    /// An absolute path; nil is `/var/run/secrets/podmint.dev/<policy>`. Whether it can be mounted, injection decides.
    package var path: String?
    package var files = CertificateFiles.standard
    /// Where the password of the PKCS#12 files comes from; naming it asks for them.
    package var keystorePassword: SecretEntry?

    package init() {}

    static let fields = ["path", "files", "keystorePasswordSecret"]
    private static let fileFields = ["certificate", "key", "ca", "combined"]

    init(_ field: SpecField) {
        self.init()
        path = field.text(
            "path", wanted: "an absolute path without \"..\" or \":\"", fix: "Write for example /etc/tls"
        ) { text in text.hasPrefix("/") && text.count > 1 ? text : nil }
        if let files = field.object("files", of: Self.fileFields) { self.files = Self.files(files) }
        if let secret = field.object("keystorePasswordSecret", of: SecretEntry.fields) {
            keystorePassword = SecretEntry(secret)
        }
    }

    private static func files(_ field: SpecField) -> CertificateFiles {
        let standard = CertificateFiles.standard
        let files = CertificateFiles(
            certificate: name("certificate", field) ?? standard.certificate,
            key: name("key", field) ?? standard.key, bundle: name("ca", field) ?? standard.bundle,
            combined: name("combined", field) ?? standard.combined)
        if files == nil {
            field.invalid(
                wanted:
                    "four different names (certificate, key, ca, combined), none of them keystore.p12 or truststore.p12",
                fix: "Rename one of them")
        }
        return files ?? standard
    }

    private static func name(_ key: String, _ field: SpecField) -> String? {
        field.text(
            key, wanted: "a file name of letters, digits, \"-\", \"_\" and \".\"",
            fix: "Write for example tls.crt"
        ) { CertificateFiles.isFileName($0) ? $0 : nil }
    }
}

/// One entry of a Secret in the policy's namespace.
package struct SecretEntry: Hashable, Sendable {
    package let name: String
    package let key: String

    static let fields = ["name", "key"]

    package init(name: String, key: String) {
        self.name = name
        self.key = key
    }

    init?(_ field: SpecField) {
        for key in Self.fields where field.member(key) == nil {
            field.missing(
                key, wanted: "the Secret's name and the entry's key",
                fix: "Write {name: keystore, key: password}")
        }
        let entry = field.text(
            "key", wanted: "an entry's key", fix: "Write it as `kubectl describe secret` shows it"
        ) {
            CertificateFiles.isEntryKey($0) ? $0 : nil
        }
        guard let name = field.objectName("name"), let entry else { return nil }
        self.init(name: name, key: entry)
    }
}
