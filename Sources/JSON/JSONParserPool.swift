// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Parsers for whoever comes, from any thread: each is lent to one caller at a time and keeps its memory in between.
///
/// Holds as many as were ever in use at once: one for each reactor. Of texts for which a parser keeps no memory one is read
/// at a time: the memory for each byte of such a text is up to fourteen (`JSONParser.bytesForEach`), and all reactors could
/// need it at once.
package final class JSONParserPool: @unchecked Sendable {
    // A parser is either in `idle`, under its lock, or with one caller; the compiler cannot see that `lend` takes it out.
    private var idle: [JSONParser] = []
    private let lock = Mutex(())
    private let turn = Mutex(())

    package init() {}

    /// `count` is how many bytes the text has that is to be read.
    package func lend<Result: Sendable>(
        for count: Int, _ use: (JSONParser) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        guard count > JSONParser.keptBytes else { return try lend(use) }
        return try turn.withLock { _ throws(JSONError) in try lend(use) }
    }

    private func lend<Result: Sendable>(_ use: (JSONParser) throws(JSONError) -> Result) throws(JSONError)
        -> Result
    {
        let parser: JSONParser
        if let lent = lock.withLock({ _ in idle.popLast() }) {
            parser = lent
        } else {
            parser = try JSONParser()
        }
        defer { lock.withLock { _ in idle.append(parser) } }
        return try use(parser)
    }
}
