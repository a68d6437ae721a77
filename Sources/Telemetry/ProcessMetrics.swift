// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What Linux knows of this process, under the names that every Prometheus client uses; read when the page is asked for.
package enum ProcessMetrics {
    /// `start` is when the process began, in seconds since the epoch.
    package static func observe(in registry: MetricsRegistry, start: Int64) {
        registry.gauge(
            "process_start_time_seconds", help: "When the process began, in seconds since the epoch."
        ) { Double(start) }
        registry.counter(
            "process_cpu_seconds_total", help: "CPU time of all threads, user and system.", by: NoLabels.self
        ) { _ in cpuSeconds() }
        registry.gauge(
            "process_resident_memory_bytes", help: "Resident memory, mapped files included.",
            by: NoLabels.self
        ) { _ in pages(column: 1) }
        registry.gauge("process_virtual_memory_bytes", help: "Address space.", by: NoLabels.self) { _ in
            pages(column: 0)
        }
        registry.gauge("process_open_fds", help: "Open file descriptors.", by: NoLabels.self) { _ in
            openDescriptors()
        }
        registry.gauge(
            "process_max_fds", help: "How many file descriptors may be open.", by: NoLabels.self
        ) { _ in
            var limit = rlimit()
            guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
                return nil
            }
            return Double(limit.rlim_cur)
        }
    }

    private static func cpuSeconds() -> Double? {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// proc(5): `/proc/self/statm` counts pages; the first column is all of them, the second what is resident.
    private static func pages(column: Int) -> Double? {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let size = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard size > 0 else { return nil }
        let columns = String(decoding: bytes.prefix(size), as: UTF8.self).split(separator: " ")
        guard columns.count > column, let count = Double(columns[column]) else { return nil }
        return count * Double(sysconf(CInt(_SC_PAGESIZE)))
    }

    private static func openDescriptors() -> Double? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var entries = 0
        while unsafe readdir(folder) != nil { entries += 1 }
        // "." and "..", and the descriptor that reads the folder.
        return Double(entries - 3)
    }
}
