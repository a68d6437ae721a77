// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol

/// Where the app finds its files, and what they are called: `spec.mount`.
package struct MountSettings: Hashable, Sendable {
    /// An absolute path; nil is `/var/run/secrets/podmint.dev/<policy>`. Whether it can be mounted, injection decides.
    package var path: String?
    package var files = FileNames()

    package init() {}

    static let fields = ["path", "files"]

    init(_ field: SpecField) {
        self.init()
        path = field.text(
            "path", wanted: "an absolute path without \"..\" or \":\"", fix: "Write for example /etc/tls"
        ) { text in text.hasPrefix("/") && text.count > 1 ? text : nil }
        guard let files = field.object("files", of: FileNames.fields) else { return }
        self.files = FileNames(files)
    }
}

/// Names of the published files.
package struct FileNames: Hashable, Sendable {
    package var certificate = CertificatePaths.certificate
    package var key = CertificatePaths.key
    package var authorities = CertificatePaths.bundle
    package var combined = CertificatePaths.combined

    package init() {}

    static let fields = ["certificate", "key", "ca", "combined"]

    init(_ field: SpecField) {
        self.init()
        certificate = Self.name("certificate", field) ?? certificate
        key = Self.name("key", field) ?? key
        authorities = Self.name("ca", field) ?? authorities
        combined = Self.name("combined", field) ?? combined
        guard Set(all).count == all.count else {
            field.invalid(
                wanted: "four different names (certificate, key, ca, combined)", fix: "Rename one of them")
            return
        }
    }

    package var all: [String] { [certificate, key, authorities, combined] }

    /// A file's name as a Secret's entry may be called; the leading dots are the atomic switch's own.
    package static func isFileName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    private static func name(_ key: String, _ field: SpecField) -> String? {
        field.text(
            key, wanted: "a file name of letters, digits, \"-\", \"_\" and \".\"",
            fix: "Write for example tls.crt"
        ) { isFileName($0) ? $0 : nil }
    }
}
