// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Telemetry

@Suite struct LineSinkTests {
    @Test func `appends whole lines to a file that only its owner reads`() throws {
        var template = Array("/tmp/podmint-sink-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer { rmdir(folder) }
        let path = folder + "/audit.log"
        defer { unlink(path) }
        try DescriptorSink(appendingTo: path).write(line: Array("one\n".utf8))
        try DescriptorSink(appendingTo: path).write(line: Array("two\n".utf8))
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "one\ntwo\n")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func `says so when a line cannot leave the process`() {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        signal(SIGPIPE, SIG_IGN)
        close(ends[0])
        defer { close(ends[1]) }
        #expect(throws: LineSinkError.self) { try DescriptorSink(ends[1]).write(line: [10]) }
        #expect(throws: LineSinkError.self) { try DescriptorSink(appendingTo: "/nonexistent/audit.log") }
    }

    @Test(arguments: [0, O_NONBLOCK]) func `a reader that hangs holds up nobody, and finds whole lines again`(
        flags: CInt
    ) throws {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        #expect(fcntl(ends[1], F_SETFL, flags) == 0)
        defer {
            close(ends[0])
            close(ends[1])
        }
        let sink = DescriptorSink(ends[1], patienceMilliseconds: 20)
        // Longer than what a pipe holds, so that it is cut; those after it do not even begin.
        #expect(throws: LineSinkError.self) {
            try sink.write(line: [UInt8](repeating: UInt8(ascii: "x"), count: 100_000) + [10])
        }
        for _ in 0..<100 {
            #expect(throws: LineSinkError.self) { try sink.write(line: Array("lost\n".utf8)) }
        }
        var bytes = [UInt8](repeating: 0, count: 100_000)
        let cut = read(ends[0], &bytes, bytes.count)
        #expect(cut > 0 && bytes.prefix(cut).allSatisfy { $0 == UInt8(ascii: "x") })
        try sink.write(line: Array("told\n".utf8))
        let count = read(ends[0], &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "\ntold\n")
    }
}
