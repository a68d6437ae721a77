// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import podmint_sandbox

struct AtomicVolumeTests {
    @Test func `files change together through one link`() throws {
        let path = "/tmp/podmint-sandbox-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        let folder = try Folder.made(path)
        defer { Folder.remove(path) }
        let volume = AtomicVolume(folder: folder, group: nil)
        #expect(try volume.write(["a": [1], "b": [2]], mode: 0o644, stamp: "1"))
        #expect(try !volume.write(["a": [1], "b": [2]], mode: 0o644, stamp: "2"))
        #expect(try volume.write(["a": [3], "b": [2]], mode: 0o644, stamp: "3"))
        #expect(Folder.read("\(path)/a") == [3])
        #expect(access("\(path)/..1", F_OK) != 0)
        Folder.remove(path)
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a process ends with its code, or by the signal it is sent`() async throws {
        let quick = try ChildProcess(
            .init(arguments: ["/bin/sh", "-c", "exit 3"], environment: [:], output: "/dev/null"))
        var ending: ChildProcess.Ending?
        while ending == nil {
            ending = quick.poll()
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(ending == .exited(3))
        let stubborn = try ChildProcess(
            .init(arguments: ["/bin/sleep", "100"], environment: [:], output: "/dev/null"))
        #expect(await stubborn.stop(grace: .seconds(5)) == .killed(signal: Int(SIGTERM)))
    }
}
