// SPDX-License-Identifier: Apache-2.0
internal import Admission
internal import Buffers
internal import Glibc
internal import Injection
internal import JSON
internal import KubernetesAPI
internal import Policies

/// Answers one review of `/mutate/pods` again and again, without a network, and says how long it takes: what lies between
/// a request's body and its answer's. Under valgrind the instructions of each can be counted, which no other load disturbs.
/// Built only by hack/bench: it ships with nothing.
///
///     bench-review FILE [COUNT]
@main
enum Main {
    static func main() throws {
        let count = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 0 : 20_000
        let body = ByteBuffer(try contents(of: CommandLine.arguments[1]))
        let parser = try JSONParser()
        let reviewer = reviewer()
        let first = reviewer.answer(.mutatePods, body, parser: parser)
        var times: [Double] = []
        for _ in 0..<5 {
            let start = cpuSeconds()
            var bytes = 0
            for _ in 0..<count { bytes += reviewer.answer(.mutatePods, body, parser: parser).body.count }
            times.append((cpuSeconds() - start) / Double(count))
            precondition(bytes == count * first.body.count)
        }
        print("\(first.outcome.rawValue): \(rounded(median(times))) µs a review, one after another")
        times = []
        var other = [UInt8](repeating: 1, count: 4 << 20)
        for _ in 0..<min(count, 2000) {
            for index in stride(from: 0, to: other.count, by: 64) { other[index] &+= 1 }
            let start = cpuSeconds()
            precondition(reviewer.answer(.mutatePods, body, parser: parser).body.count == first.body.count)
            times.append(cpuSeconds() - start)
        }
        print(
            "\(rounded(median(times))) µs where the caches hold something else by then, as between two system calls"
        )
    }

    private static func median(_ times: [Double]) -> Double { times.sorted()[times.count / 2] }
    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e8).rounded() / 100 }

    private static func reviewer() -> AdmissionReviewer {
        let context = InjectionContext(
            agentImage: "podmint.dev/podmint-agent:bench", server: "https://127.0.0.1:8444",
            trust: String(
                repeating: "MIIBszCCAVmgAwIBAgIUBenchBenchBenchBenchBenchBenchBenchBenchBenc\n", count: 12))
        return AdmissionReviewer(
            injection: { context }, facts: OneNamespace(),
            certificates: CertificateReview(
                facts: NoCertificateFacts(), clusterDomain: "cluster.local", trustDomain: "cluster.local",
                clock: { Timestamp(secondsSinceEpoch: 1_800_000_000) }), references: PolicyCatalog())
    }

    private static func contents(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { fatalError("cannot read \(path)") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

private struct OneNamespace: ClusterFacts {
    func labels(ofNamespace name: String) -> NamespaceLabels { .known(["podmint.dev/injection": "enabled"]) }
}
