// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// PyPI's packages that hack/deps puts beside the build: independent makers and judges of certificates.
enum PythonTools {
    /// `<repository>/.build/tools/python`
    static let folder = {
        let parts = #filePath.split(separator: "/").dropLast(4)
        return "/" + parts.joined(separator: "/") + "/.build/tools/python"
    }()

    /// Where they are missing, tests that need them are left out; but not in hack/test, which installs them.
    static var areWanted: Bool {
        access(folder + "/cryptography", R_OK) == 0 || getenv("PODMINT_ALL_TESTS") != nil
    }

    struct Failed: Error {
        let arguments: [String]
        let status: Int32
        let output: String
    }

    /// Runs python3 with these arguments and gives back its standard output; what it says beside is part of a failure.
    static func run(_ arguments: [String]) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let (output, complaints) = (folder.path + "/out", folder.path + "/err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, complaints, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let command = ["/usr/bin/env", "PYTHONPATH=\(Self.folder)", "python3"] + arguments
        var argv = command.map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var child: pid_t = 0
        try #require(posix_spawnp(&child, "/usr/bin/env", &actions, nil, &argv, environ) == 0)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let said = try folder.read("out")
        guard status == 0 else {
            let text = String(decoding: said + (try folder.read("err")), as: UTF8.self)
            throw Failed(arguments: arguments, status: status, output: text)
        }
        return said
    }
}
