// SPDX-License-Identifier: Apache-2.0
import Glibc

@testable import podmint_agent

/// A folder of one test's own, gone with it.
final class TemporaryFolder: @unchecked Sendable {
    // Sendable: the path never changes.
    let path: String

    init() {
        // In memory like a pod's volume: on a disk each fsync costs milliseconds.
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/podmint-agent-test.XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        if let folder = try? Directory.open(path) {
            for entry in (try? folder.entries()) ?? [] { try? folder.remove(entry) }
        }
        rmdir(path)
    }

    var entries: [String] { ((try? Directory.open(path).entries()) ?? []).sorted() }

    func read(_ name: String) throws -> String { try TextFile.read("\(path)/\(name)", limit: 1 << 20) }

    func write(_ name: String, _ text: String) {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(file) }
        _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
    }

    func status(_ name: String) -> stat {
        var status = stat()
        stat("\(path)/\(name)", &status)
        return status
    }
}
