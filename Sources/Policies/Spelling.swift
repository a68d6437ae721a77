// SPDX-License-Identifier: Apache-2.0

/// Finds what a mistyped word was meant to be.
package enum Spelling {
    package static func nearest<Candidate>(
        to text: String, among candidates: [Candidate], by spelling: (Candidate) -> String
    ) -> Candidate? {
        // An annotation's name has at most 63 characters; what is longer was not mistyped.
        guard text.utf8.count <= 63 else { return nil }
        let farthest = max(2, text.utf8.count / 2)
        let ranked = candidates.compactMap { candidate -> (candidate: Candidate, distance: Int)? in
            let other = spelling(candidate)
            // Each byte more or less is an edit of its own.
            guard abs(other.utf8.count - text.utf8.count) <= farthest else { return nil }
            return (candidate, distance(text.lowercased(), other.lowercased()))
        }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= farthest ? best.candidate : nil
    }

    /// Insertions, deletions, changes and swaps of neighbours that lead from one to the other (optimal string alignment).
    package static func distance(_ one: String, _ other: String) -> Int {
        let (from, to) = (Array(one.utf8), Array(other.utf8))
        guard !from.isEmpty, !to.isEmpty else { return max(from.count, to.count) }
        var beforeLast: [Int] = []
        var last = Array(0...to.count)
        for row in 1...from.count {
            var current = [row]
            for column in 1...to.count {
                let change = last[column - 1] + (from[row - 1] == to[column - 1] ? 0 : 1)
                var least = min(change, last[column] + 1, current[column - 1] + 1)
                if row > 1, column > 1, from[row - 1] == to[column - 2], from[row - 2] == to[column - 1] {
                    least = min(least, beforeLast[column - 2] + 1)
                }
                current.append(least)
            }
            (beforeLast, last) = (last, current)
        }
        return last[to.count]
    }
}
