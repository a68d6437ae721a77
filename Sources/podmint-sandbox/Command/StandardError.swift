// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// One line for people, in one write, so that lines of several threads do not mix.
enum StandardError {
    static func write(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        unsafe bytes.withUnsafeBytes { _ = unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
