// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Parsers for whoever comes, from any thread: each is lent to one caller at a time and keeps its memory in between.
///
/// Holds as many as were ever in use at once: one for each reactor.
package final class JSONParserPool: @unchecked Sendable {
    // A parser is either in `idle`, under its lock, or with one caller; the compiler cannot see that `lend` takes it out.
    private var idle: [JSONParser] = []
    private let lock = Mutex(())

    package init() {}

    package func lend<Result>(_ use: (JSONParser) throws(JSONError) -> Result) throws(JSONError) -> Result {
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
