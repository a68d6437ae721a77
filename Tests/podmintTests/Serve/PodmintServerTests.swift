// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import podmint

@Suite struct PodmintServerTests {
    private let stream = AsyncStream.makeStream(of: CInt.self)

    /// A port that is taken must not look like a server that runs.
    @Test(.timeLimit(.minutes(1))) func `a failure ends it without a signal`() async {
        await #expect(throws: ToolFailure.self) {
            try await PodmintServer.run(
                { throw ToolFailure.failed("x", hint: "y") }, until: stream.stream, end: { _ in })
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a signal ends what serves, once the end is prepared`() async throws {
        let (ended, end) = AsyncStream.makeStream(of: CInt.self)
        stream.continuation.yield(15)
        try await PodmintServer.run(
            { try await Task.sleep(for: .seconds(3600)) }, until: stream.stream, end: { end.yield($0) })
        var signals = ended.makeAsyncIterator()
        #expect(await signals.next() == 15)
    }
}
