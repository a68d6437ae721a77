// SPDX-License-Identifier: Apache-2.0
package import Sockets
internal import Synchronization

/// The reactor threads of a process, shared by its servers and clients.
package final class ReactorGroup: Sendable {
    package let reactors: [Reactor]
    private let turn = Atomic<Int>(0)

    /// One reactor serves 40,000 reviews a second: more than the API server sends. Two let one handshake or one
    /// large body not hold up the rest.
    package init(count: Int = 2) throws(SystemCallError) {
        var started: [Reactor] = []
        for index in 0..<max(1, count) { started.append(try Reactor.start(name: "reactor-\(index)")) }
        reactors = started
    }

    /// The next reactor in turn, for a client's connection.
    package func next() -> Reactor {
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        return reactors[Int(UInt(bitPattern: index) % UInt(reactors.count))]
    }

    /// Stops and joins the threads; every server and client on them must be shut down before.
    package func stop() {
        for reactor in reactors { reactor.stop() }
    }
}
