// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import Telemetry

struct ProcessMetricsTests {
    private func values(_ registry: MetricsRegistry) -> [String: Double] {
        var values: [String: Double] = [:]
        for line in registry.text().split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            values[String(parts[0])] = Double(parts[1])
        }
        return values
    }

    @Test func `says what Linux knows of this process`() throws {
        let registry = MetricsRegistry()
        ProcessMetrics.observe(in: registry, start: 1_795_339_440)
        let before = values(registry)
        #expect(before["process_start_time_seconds"] == 1_795_339_440)
        #expect(try #require(before["process_cpu_seconds_total"]) > 0)
        let resident = try #require(before["process_resident_memory_bytes"])
        #expect(resident > 1e6)
        #expect(try #require(before["process_virtual_memory_bytes"]) > resident)
        #expect(try #require(before["process_max_fds"]) >= 256)
    }

    /// A process of its own: other tests open descriptors too.
    @Test func `counts every open descriptor and not its own`() async {
        await #expect(processExitsWith: .success) {
            let registry = MetricsRegistry()
            ProcessMetrics.observe(in: registry, start: 0)
            func open() -> Substring? {
                registry.text().split(separator: "\n").first { $0.hasPrefix("process_open_fds ") }?
                    .dropFirst("process_open_fds ".count)
            }
            let before = open().flatMap { Int($0) } ?? -1
            let added = (0..<5).map { _ in dup(0) }
            guard before > 2, open().flatMap({ Int($0) }) == before + 5 else { exit(1) }
            for descriptor in added { close(descriptor) }
            exit(open().flatMap { Int($0) } == before ? 0 : 2)
        }
    }
}
