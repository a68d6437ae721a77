// SPDX-License-Identifier: Apache-2.0
package import OpenSSL

/// `tls.crt` or `ca.crt`, read block by block: one that is broken does not hide the others.
package struct CertificateEntry: Sendable {
    let name: SecretEntryName
    /// `data[tls.crt]`
    let field: String
    /// In the order of the text.
    package let certificates: [Certificate]
    let problems: [EntryProblem]

    /// Whether all of it was understood, so that it can be judged as a whole.
    var isSound: Bool { problems.isEmpty && !certificates.isEmpty }
    var isEmpty: Bool { problems == [.empty] }

    /// nil where the Secret has no such entry.
    init?(_ name: SecretEntryName, in reader: EntryReader, limits: PEM.Limits) {
        switch reader.content(of: name, limit: limits.bytes) {
        case .absent: return nil
        case .unreadable(let problem):
            (certificates, problems) = ([], [problem])
        case .bytes(let bytes):
            (certificates, problems) = bytes.withBytes { Self.read($0, limits) }
        }
        self.name = name
        field = reader.field(of: name)
    }

    /// What a cache kept of an entry; it has been parsed once.
    init(_ name: SecretEntryName, kept: KeptEntry) {
        self.name = name
        field = kept.field
        certificates = kept.certificates.compactMap { try? Certificate(der: $0) }
        problems = kept.problems
    }

    /// A file's certificates, the private keys between them left out.
    init(_ name: SecretEntryName, file text: RawSpan, field: String, limits: PEM.Limits) {
        self.name = name
        self.field = field
        (certificates, problems) = Self.read(text, limits) {
            !$0.isPrivateKey && !$0.label.hasSuffix("PARAMETERS")
        }
    }

    /// A bundle of 150 broken blocks is not told 150 times.
    private static let problemsTold = 10

    private static func read(
        _ text: RawSpan, _ limits: PEM.Limits, where isWanted: (PEMBlock) -> Bool = { _ in true }
    ) -> ([Certificate], [EntryProblem]) {
        guard text.byteCount > 0 else { return ([], [.empty]) }
        let blocks: [PEMBlock]
        do {
            blocks = try PEM.blocks(in: text, limits: limits)
        } catch {
            return ([], [.pem(error)])
        }
        guard !blocks.isEmpty else { return ([], [.pem(PEMError(.noBlocks))]) }
        var certificates: [Certificate] = []
        var problems: [EntryProblem] = []
        for block in blocks where isWanted(block) {
            do {
                certificates.append(try PEM.certificate(block, in: text))
            } catch {
                if problems.count < problemsTold { problems.append(.pem(error)) }
            }
        }
        return (certificates, problems)
    }
}

/// `tls.key` or `ca.key`. The key itself stays with OpenSSL.
package struct KeyEntry: Sendable {
    let name: SecretEntryName
    let field: String
    package let key: PrivateKey?
    let problem: EntryProblem?

    init?(_ name: SecretEntryName, in reader: EntryReader) {
        let read: (PrivateKey?, EntryProblem?)
        switch reader.content(of: name, limit: PEM.Limits.privateKey.bytes) {
        case .absent: return nil
        case .unreadable(let problem): read = (nil, problem)
        case .bytes(let bytes): read = bytes.isEmpty ? (nil, .empty) : Self.read(bytes)
        }
        (key, problem) = read
        self.name = name
        field = reader.field(of: name)
    }

    /// There was no room for the key; nothing is known to be wrong with it.
    package var isOutOfMemory: Bool {
        if case .key(let error)? = problem { error.isOutOfMemory } else { false }
    }

    /// An entry whose key is not at hand; what was wrong with it was said when it was.
    init(_ name: SecretEntryName, field: String) {
        self.name = name
        self.field = field
        key = nil
        problem = nil
    }

    /// nil where the file holds no private key.
    init?(_ name: SecretEntryName, file text: RawSpan, field: String, limits: PEM.Limits) {
        guard let blocks = try? PEM.blocks(in: text, limits: limits) else { return nil }
        let keys = blocks.filter(\.isPrivateKey)
        guard let first = keys.first else { return nil }
        self.name = name
        self.field = field
        guard keys.count == 1 else {
            (key, problem) = (nil, .key(.ambiguous(count: keys.count)))
            return
        }
        // Up to the next block, so that the reader of keys sees this one alone.
        let end = blocks.first { $0.offset > first.offset }?.offset ?? text.byteCount
        (key, problem) = Self.read(SecretBytes(copying: text.extracting(first.offset..<end)))
    }

    private static func read(_ bytes: borrowing SecretBytes) -> (PrivateKey?, EntryProblem?) {
        do {
            return (try PrivateKey(pem: bytes), nil)
        } catch {
            return (nil, .key(error))
        }
    }
}
