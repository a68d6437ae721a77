// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A folder that goes with its owner. It holds files, no folders.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        var template = Array("/tmp/podmint-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ForeignProgram.Failed(description: "mkdtemp failed")
        }
        path = String(cString: made)
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

    package func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = try open(name, "w")
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw ForeignProgram.Failed(description: "cannot write \(path)/\(name)")
        }
    }

    package func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    package func read(_ name: String) throws -> [UInt8] {
        let file = try open(name, "r")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }

    private func open(_ name: String, _ mode: String) throws -> UnsafeMutablePointer<FILE> {
        guard let file = fopen("\(path)/\(name)", mode) else {
            throw ForeignProgram.Failed(description: "cannot open \(path)/\(name): errno \(errno)")
        }
        return file
    }
}
