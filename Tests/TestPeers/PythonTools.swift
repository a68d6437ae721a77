// SPDX-License-Identifier: Apache-2.0
import Glibc

/// PyPI's packages that hack/deps puts beside the build: independent makers and judges of certificates.
package enum PythonTools {
    /// `<repository>/.build/tools/python`
    package static let folder = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/.build/tools/python"
    }()

    /// Where they are missing, tests that need them are left out; but not in hack/test, which installs them.
    package static var areWanted: Bool {
        access(folder + "/cryptography", R_OK) == 0 || getenv("PODMINT_ALL_TESTS") != nil
    }

    /// Runs python3 with these arguments and gives back its standard output.
    package static func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        try ForeignProgram(["/usr/bin/env", "PYTHONPATH=\(folder)", "python3"]).run(arguments, input: input)
    }
}
