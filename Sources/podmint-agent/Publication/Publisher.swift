// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// Puts a set into the volume the way the kubelet does (`AtomicWriter`): a new folder is filled and synced, then
/// one rename(2) of `..data` makes all files change together.
///
/// Nothing that is in use is touched before that rename, so a crash, a full disk or an error at any step leaves
/// the former set working; what was left lying is removed by the next publication. The directory itself may be
/// world-writable: that is how the kubelet makes an emptyDir, and only this pod's containers can reach it.
struct Publisher {
    let path: String
    let mode: FileMode
    var layout = PublicationLayout.standard
    /// Called after each step; tests make it throw where a crash would strike.
    var afterStep: (PublicationStep) throws -> Void = { _ in }

    /// `nonce` tells folders of one second apart. `keystores` come where the layout has them.
    func publish(_ set: CertificateSet, keystores: Keystores? = nil, at now: Int64, nonce: UInt32) throws {
        let directory = try Directory.open(path)
        try removeLeftovers(in: directory)
        try afterStep(.leftoversRemoved)

        let name = "\(PublishedFiles.folderPrefix)\(UTCTime.fileName(now)).\(nonce)"
        let folder = try directory.makeDirectory(name, permissions: mode.directoryBits)
        try afterStep(.folderMade)
        try write(set, keystores, to: folder)
        try folder.sync()
        try afterStep(.folderSynced)

        // Links come first: they dangle until `..data` is there, so a first set appears all at once too.
        for file in layout.names { try link(file, in: directory) }
        try directory.createLink(Self.newDataLink, to: name)
        try afterStep(.switchPrepared)
        try directory.rename(Self.newDataLink, to: PublishedFiles.dataLink)
        try afterStep(.switched)
        try directory.sync()
        try afterStep(.synced)
    }

    /// Removes former sets and what crashes left. Called some time after a publication, so that a program which
    /// has just opened the former `..data` still finds the rest of that set.
    func removeLeftovers() throws {
        try removeLeftovers(in: try Directory.open(path))
    }

    private func write(_ set: CertificateSet, _ keystores: Keystores?, to folder: borrowing Directory) throws
    {
        let files = layout.files
        let chain = Array(set.chainPEM.utf8)
        let key = set.key.pem()
        try create(files.certificate, chain, in: folder)
        try create(files.key, in: folder) { file throws(SystemCallError) in
            try key.withBytes { key throws(SystemCallError) in try file.write(key) }
        }
        try create(files.combined, in: folder) { file throws(SystemCallError) in
            try key.withBytes { key throws(SystemCallError) in try file.write(key) }
            try unsafe file.write(chain.span.bytes)
        }
        try create(files.bundle, Array(set.trustedPEM.utf8), in: folder)
        if layout.mergesAuthorities {
            try create(PublicationLayout.issuedBundle, Array(set.bundlePEM.utf8), in: folder)
        }
        guard layout.formats.hasPKCS12, let keystores else { return }
        try create(CertificatePaths.keystore, in: folder) { file throws(SystemCallError) in
            try keystores.key.withBytes { bytes throws(SystemCallError) in try file.write(bytes) }
        }
        try create(CertificatePaths.truststore, in: folder) { file throws(SystemCallError) in
            try keystores.trust.withBytes { bytes throws(SystemCallError) in try file.write(bytes) }
        }
    }

    private func create(_ name: String, _ bytes: [UInt8], in folder: borrowing Directory) throws {
        try create(name, in: folder) { file throws(SystemCallError) in
            try unsafe file.write(bytes.span.bytes)
        }
    }

    private func create(
        _ name: String, in folder: borrowing Directory,
        _ fill: (borrowing NewFile) throws(SystemCallError) -> Void
    ) throws {
        try folder.createFile(name, permissions: mode.bits, fill)
        try afterStep(.fileWritten(name))
    }

    private func link(_ file: String, in directory: borrowing Directory) throws {
        let target = PublishedFiles.linkTarget(of: file)
        guard try directory.linkTarget(file) != target else { return }
        try directory.createLink(Self.newFileLink, to: target)
        try directory.rename(Self.newFileLink, to: file)
        try afterStep(.linked(file))
    }

    /// Everything that begins with two dots is ours, but for what `..data` leads to.
    private func removeLeftovers(in directory: borrowing Directory) throws {
        let current = try directory.linkTarget(PublishedFiles.dataLink)
        for entry in try directory.entries()
        where entry.hasPrefix(PublishedFiles.folderPrefix) && entry != PublishedFiles.dataLink
            && entry != current
        {
            try directory.remove(entry)
        }
    }

    private static let newDataLink = "..data_tmp"
    private static let newFileLink = "..link_tmp"
}

/// The steps of a publication, in order.
enum PublicationStep: Hashable {
    case leftoversRemoved
    case folderMade
    case fileWritten(String)
    case folderSynced
    case linked(String)
    case switchPrepared
    case switched
    case synced
}
