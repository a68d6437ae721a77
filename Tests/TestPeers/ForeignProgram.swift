// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A program of somebody else's: an independent judge of what we make, and a maker of what we must refuse.
package struct ForeignProgram: Sendable {
    private let command: [String]

    package static let openSSL = ForeignProgram(["openssl"])

    /// The first word is looked for in PATH.
    init(_ command: [String]) { self.command = command }

    package struct Outcome: Sendable {
        package let status: Int32
        package let output: [UInt8]
        package let complaints: [UInt8]

        package var succeeded: Bool { status == 0 }
        /// What it said, complaints last.
        package var text: String { String(decoding: output + complaints, as: UTF8.self) }
    }

    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    /// Its standard output, with `input` on standard input; throws what it said if it ends with anything but 0.
    @discardableResult package func run(
        _ arguments: [String], input: [UInt8] = [], in folder: TemporaryFolder? = nil
    ) throws -> [UInt8] {
        let outcome = try outcome(arguments, input: input, in: folder)
        guard outcome.succeeded else {
            throw Failed(description: "\(command + arguments) ended with \(outcome.status): \(outcome.text)")
        }
        return outcome.output
    }

    /// For who wants to see it fail.
    package func outcome(
        _ arguments: [String], input: [UInt8] = [], in folder: TemporaryFolder? = nil
    ) throws -> Outcome {
        let streams = try TemporaryFolder()
        try streams.write("in", input)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, streams.path + "/in", O_RDONLY, 0)
        for (descriptor, name) in [(1, "out"), (2, "err")] as [(CInt, String)] {
            let flags = O_WRONLY | O_CREAT | O_TRUNC
            posix_spawn_file_actions_addopen(&actions, descriptor, "\(streams.path)/\(name)", flags, 0o600)
        }
        let words = (folder.map { ["env", "--chdir=\($0.path)"] } ?? []) + command
        var argv = (words + arguments).map { strdup($0) } + [nil]
        defer { argv.forEach { free($0) } }
        var child: pid_t = 0
        let error = posix_spawnp(&child, words[0], &actions, nil, &argv, environ)
        guard error == 0 else { throw Failed(description: "cannot run \(command[0]): errno \(error)") }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return Outcome(
            status: status, output: try streams.read("out"), complaints: try streams.read("err"))
    }
}
