// SPDX-License-Identifier: Apache-2.0

/// A response whose body comes bit by bit, such as a watch. Letting go of it cancels what is left.
package struct HTTPStreamingResponse: Sendable {
    package let status: Int
    package let fields: [(String, String)]
    /// For one reader. While nobody reads, the server is made to wait.
    package let chunks: Chunks

    /// The value of the first field of that name, case aside.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.0.lowercased() == wanted }?.1
    }

    /// Ends the request; whoever reads gets `.cancelled`.
    package func cancel() { chunks.owner.channel.cancel() }

    /// Everything that is left; `.tooLarge` beyond `limit`, and the request is cancelled.
    package func collect(upTo limit: Int) async throws(HTTPClientError) -> [UInt8] {
        var body: [UInt8] = []
        while let chunk = try await chunks.owner.channel.next() {
            guard body.count + chunk.count <= limit else {
                cancel()
                throw .tooLarge(limit: limit)
            }
            body += chunk
        }
        return body
    }

    package struct Chunks: AsyncSequence, Sendable {
        package typealias Element = [UInt8]
        package typealias Failure = HTTPClientError

        let owner: Owner

        package struct AsyncIterator: AsyncIteratorProtocol {
            let owner: Owner

            package mutating func next() async throws(HTTPClientError) -> [UInt8]? {
                try await owner.channel.next()
            }

            package mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(HTTPClientError) -> [UInt8]? { try await owner.channel.next() }
        }

        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(owner: owner) }
    }

    /// The reader's hold on the response.
    final class Owner: Sendable {
        let channel: ResponseChannel
        init(_ channel: ResponseChannel) { self.channel = channel }
        deinit { channel.cancel() }
    }
}
