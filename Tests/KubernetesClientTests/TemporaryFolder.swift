// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A folder that goes with its owner.
final class TemporaryFolder {
    private let root: String
    private var made: [String] = []

    init() throws {
        var template = Array("/tmp/podmint-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure() }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    struct Failure: Error {}

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func write(_ name: String, _ text: String) {
        var folder = root
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if mkdir(folder, 0o755) == 0 { made.append(folder) }
        }
        guard let file = fopen(path(name), "w") else { return }
        fwrite(text, 1, text.utf8.count, file)
        fclose(file)
        made.append(path(name))
    }

    deinit {
        for path in made.reversed() { remove(path) }
        remove(root)
    }
}
