// SPDX-License-Identifier: Apache-2.0

/// What changed between two texts, in the form that `diff -u` writes and `patch` reads.
struct UnifiedDiff {
    private enum Line {
        case kept(String), removed(String), added(String)

        var isKept: Bool {
            if case .kept = self { true } else { false }
        }
    }

    private static let context = 3
    /// Empty when nothing changed.
    let text: String

    init(from old: String, to new: String, oldName: String, newName: String) {
        let lines = Self.lines(from: Self.split(old), to: Self.split(new))
        let changes = lines.indices.filter { !lines[$0].isKept }
        guard let first = changes.first else {
            text = ""
            return
        }
        var hunks: [Range<Int>] = []
        var current = first..<first + 1
        for change in changes.dropFirst() {
            if change - current.upperBound > 2 * Self.context {
                hunks.append(current)
                current = change..<change
            }
            current = current.lowerBound..<change + 1
        }
        hunks.append(current)
        text =
            "--- \(oldName)\n+++ \(newName)\n"
            + hunks.map { range in
                let from = max(range.lowerBound - Self.context, 0)
                let end = min(range.upperBound + Self.context, lines.count)
                return Self.hunk(lines, from..<end)
            }.joined()
    }

    private static func hunk(_ lines: [Line], _ range: Range<Int>) -> String {
        func count(_ part: ArraySlice<Line>, without: (Line) -> Bool) -> Int { part.count { !without($0) } }
        let isAdded = { (line: Line) in if case .added = line { true } else { false } }
        let isRemoved = { (line: Line) in if case .removed = line { true } else { false } }
        let oldCount = count(lines[range], without: isAdded)
        let newCount = count(lines[range], without: isRemoved)
        let oldStart = count(lines[..<range.lowerBound], without: isAdded) + (oldCount > 0 ? 1 : 0)
        let newStart = count(lines[..<range.lowerBound], without: isRemoved) + (newCount > 0 ? 1 : 0)
        let body = lines[range].map { line in
            switch line {
            case .kept(let text): " \(text)\n"
            case .removed(let text): "-\(text)\n"
            case .added(let text): "+\(text)\n"
            }
        }
        return "@@ -\(oldStart),\(oldCount) +\(newStart),\(newCount) @@\n" + body.joined()
    }

    private static func lines(from old: [String], to new: [String]) -> [Line] {
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (oldIndex, newIndex) = (0, 0)
        while oldIndex < old.count || newIndex < new.count {
            if oldIndex < old.count, removed.contains(oldIndex) {
                lines.append(.removed(old[oldIndex]))
                oldIndex += 1
            } else if newIndex < new.count, added.contains(newIndex) {
                lines.append(.added(new[newIndex]))
                newIndex += 1
            } else {
                lines.append(.kept(old[oldIndex]))
                oldIndex += 1
                newIndex += 1
            }
        }
        return lines
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
