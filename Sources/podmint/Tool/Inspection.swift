// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL
internal import Validation

/// One file of certificates, judged: its leaf, its chain, its faults.
struct Inspection {
    /// A file, read whole; shared, since its text is in memory that is not copied.
    final class Source {
        let path: String
        let text: SecretBytes
        private let title: String

        init(path: String, text: consuming SecretBytes) {
            self.path = path
            self.text = text
            title = path == "-" ? "standard input" : path
        }

        /// Of no file: `secret/web-tls`.
        init(title: String, text: consuming SecretBytes) {
            path = "-"
            self.text = text
            self.title = title
        }

        /// `-` has no name that a command could use.
        var name: String { title }
    }

    /// What all files are judged by.
    struct Request {
        let expectation: Expectation
        let time: Timestamp
        let trust: Source?
    }

    enum Trust {
        case notAsked
        case leads(to: Certificate, in: String)
        case fails(in: String)
    }

    let name: String
    let expectation: Expectation
    let time: Timestamp
    let certificates: [Certificate]
    let leaf: Certificate?
    /// Leaf first; with the anchor where the chain leads to one.
    let chain: [Certificate]
    let trust: Trust
    let isBundle: Bool
    let hasKey: Bool
    let report: FaultReport

    init(of source: Source, by request: Request) throws(ToolFailure) {
        name = source.name
        expectation = request.expectation
        time = request.time
        let material = Self.material(of: source, by: request)
        let certificates = material.certificate?.certificates ?? []
        self.certificates = certificates
        hasKey = material.key != nil
        guard !certificates.isEmpty || !hasKey else {
            throw .failed(
                "\(name) holds a private key and no certificate",
                hint: "put both into one file: cat tls.crt tls.key | podmint inspect -")
        }
        leaf = material.leaf
        isBundle = material.isBundle
        var chain = material.leaf.map { ChainPath(from: $0, in: certificates).certificates } ?? []
        var trust = Trust.notAsked
        if request.trust != nil, let leaf {
            let caName = request.trust?.name ?? ""
            trust = .fails(in: caName)
            let result = ChainVerifier.verify(
                leaf: leaf, intermediates: certificates.filter { $0 != leaf },
                anchors: material.authority?.certificates ?? [], at: nil)
            if case .trusted(let found) = result, let anchor = found.last {
                (chain, trust) = (found, .leads(to: anchor, in: caName))
            }
        }
        self.chain = chain
        self.trust = trust
        let names = FileNames(certificates: source.path, authorities: request.trust?.path)
        report = FaultReport(SecretValidator.inspect(material, at: time).faults.map(names.applied))
    }

    private static func material(of source: Source, by request: Request) -> SecretMaterial {
        let (name, expectation) = (source.name, request.expectation)
        return source.text.withBytes { text in
            guard let trust = request.trust else {
                return SecretMaterial(file: text, path: name, expectation: expectation)
            }
            let path = trust.name
            return trust.text.withBytes { anchors in
                SecretMaterial(
                    file: text, path: name, trust: anchors, trustPath: path, expectation: expectation)
            }
        }
    }
}

/// Faults speak of a Secret's entries; here they must speak of files, so that their commands work.
struct FileNames {
    let certificates: String
    let authorities: String?

    func applied(to fault: Fault) -> Fault {
        Fault(
            fault.code, severity: fault.severity, object: fault.object, field: fault.field,
            found: renamed(fault.found, certificates, authorities),
            wanted: renamed(fault.wanted, certificates, authorities),
            fix: renamed(fault.fix, Self.shellWord(certificates), authorities.map(Self.shellWord)))
    }

    private func renamed(_ text: String, _ certificates: String, _ authorities: String?) -> String {
        // The time may have been given; it is no server's.
        var text = text.replacing("server clock ", with: "as of ")
        if certificates != "-" {
            text = text.replacing("tls.crt", with: certificates)
            // A command that writes a key must not write over the certificate.
            if !text.contains("-out tls.key") { text = text.replacing("tls.key", with: certificates) }
        }
        if let authorities, authorities != "-" { text = text.replacing("ca.crt", with: authorities) }
        return text
    }

    static func shellWord(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && !path.isEmpty ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }
}
