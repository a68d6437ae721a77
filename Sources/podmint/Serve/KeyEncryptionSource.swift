// SPDX-License-Identifier: Apache-2.0
internal import KubernetesClient
internal import OpenSSL

/// Where the key comes from that wrapped authorities are kept under: never from where they are kept.
enum KeyEncryptionSource: Equatable {
    case file(String)
    /// The value; the variable's name is in the flag.
    case variable(name: String, value: String)
    case command([String])

    /// Nil where none is named. Refuses two, and a variable that is not set.
    init?(settings: Settings) throws(ConfigurationError) {
        let sources: [KeyEncryptionSource?] = [
            settings["kek-file"].map { .file($0) },
            try settings["kek-env"].map { name throws(ConfigurationError) in
                guard let value = settings.environment[name], !value.isEmpty else {
                    throw ConfigurationError(
                        what: "--kek-env \(name): there is no such environment variable",
                        hint: "give the name of the variable, not its value")
                }
                return .variable(name: name, value: value)
            },
            try settings["kek-command"].map { text throws(ConfigurationError) in
                let words = text.split(separator: " ").map(String.init)
                guard words.first?.hasPrefix("/") == true else {
                    throw ConfigurationError(
                        what: "--kek-command \(text) does not begin with the path of a program",
                        hint: "write /usr/local/bin/get-kek --key podmint; it is run without a shell")
                }
                return .command(words)
            },
        ]
        let given = sources.compactMap(\.self)
        guard given.count <= 1 else {
            throw ConfigurationError(
                what: "--kek-file, --kek-env and --kek-command name one key, and more than one was given",
                hint: "keep one of them")
        }
        guard let source = given.first else { return nil }
        self = source
    }

    /// Once, at start. A KEK that cannot be had is a reason not to start: nothing wrapped could be used.
    func read() throws(ToolFailure) -> KeyEncryptionKey {
        do { return try KeyEncryptionKey(reading: try text()) } catch {
            throw .failed(
                "\(name): \(error)",
                hint: "make one: openssl rand -hex 32; keep it where the Secrets are not kept")
        }
    }

    private var name: String {
        switch self {
        case .file(let path): "--kek-file \(path)"
        case .variable(let name, _): "--kek-env \(name)"
        case .command(let words): "--kek-command \(words.first ?? "")"
        }
    }

    private func text() throws(ToolFailure) -> SecretBytes {
        switch self {
        case .file(let path):
            do { return try SmallFile.readSecret(path, limit: Self.longest) } catch {
                throw .failed("--kek-file \(error)", hint: "name a file that podmint can read")
            }
        case .variable(_, let value): return unsafe SecretBytes(copying: Array(value.utf8).span.bytes)
        case .command(let words):
            do { return try CommandOutput.secret(of: words, limit: Self.longest, seconds: 10) } catch {
                throw .failed(
                    "--kek-command: \(error)", hint: "run it by hand: it must print the key and exit 0")
            }
        }
    }

    /// 64 hexadecimal digits with some white space.
    private static let longest = 256
}
