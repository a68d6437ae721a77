// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// The `openssl` program: an independent judge of what we make, and a maker of what we must refuse.
enum OpenSSLCommand {
    struct Failed: Error {
        let arguments: [String]
        let status: Int32
    }

    /// Runs it with `input` on standard input and gives back its standard output.
    static func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let (inputPath, outputPath) = (folder.path + "/in", folder.path + "/out")
        try folder.write("in", input)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var argv = (["openssl"] + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var child: pid_t = 0
        try #require(posix_spawnp(&child, "openssl", &actions, nil, &argv, environ) == 0)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw Failed(arguments: arguments, status: status) }
        return try folder.read("out")
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/podmint-test-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(path + "/" + name)
            }
            closedir(folder)
        }
        rmdir(path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = try #require(fopen(path + "/" + name, "w"))
        defer { fclose(file) }
        try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    func read(_ name: String) throws -> [UInt8] {
        let file = try #require(fopen(path + "/" + name, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }
}
