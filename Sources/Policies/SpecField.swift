// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Validation

/// Gathers what is wrong with one object while it is read.
final class FaultLog {
    /// `TLSPolicy shop/web`
    let object: String
    private(set) var faults: [Fault] = []

    init(object: String) { self.object = object }

    func add(_ code: FaultCode, at path: String, found: String, wanted: String, fix: String) {
        faults.append(
            Fault(code, object: object, field: path, found: found, wanted: wanted, fix: fix))
    }
}

/// One place in an object, with the path that leads to it. Reading what is absent gives nil and no fault; reading what has
/// a wrong type or value gives nil and a fault.
struct SpecField {
    let view: JSONView
    let path: String
    let log: FaultLog

    /// An object's member that is an object itself; its members must be among these.
    func object(_ key: String, of known: [String]) -> SpecField? {
        guard let field = member(key) else { return nil }
        guard field.view.isObject else {
            field.invalid(wanted: "an object", fix: "Write fields of \(key) below it")
            return nil
        }
        field.allow(known)
        return field
    }

    /// The elements of a list; none where it is absent.
    func list(_ key: String, limit: Int) -> [SpecField] {
        guard let field = member(key) else { return [] }
        guard field.view.isArray else {
            field.invalid(wanted: "a list", fix: "Write \"- \" before each element")
            return []
        }
        guard field.view.count <= limit else {
            field.log.add(
                .tooLarge, at: field.path, found: "\(field.view.count) elements", wanted: "at most \(limit)",
                fix: "Split the policy")
            return []
        }
        return field.view.elements.enumerated().map { index, element in
            SpecField(view: element, path: "\(field.path)[\(index)]", log: log)
        }
    }

    func bool(_ key: String) -> Bool? {
        guard let field = member(key) else { return nil }
        guard let value = field.view.bool else {
            field.invalid(wanted: "true or false", fix: "Write it without quotes")
            return nil
        }
        return value
    }

    /// A string that `parse` understands.
    func text<Value>(
        _ key: String, wanted: String, fix: String, _ parse: (String) -> Value?
    ) -> Value? {
        member(key).flatMap { $0.text(wanted: wanted, fix: fix, parse) }
    }

    /// This value itself, a string that `parse` understands.
    func text<Value>(wanted: String, fix: String, _ parse: (String) -> Value?) -> Value? {
        guard let text = view.string, text.utf8.count <= 1024, let value = parse(text) else {
            invalid(wanted: wanted, fix: fix)
            return nil
        }
        return value
    }

    /// One of a few words; of those that wait for a later version, says so.
    func word<Value>(_ key: String, _ words: [(String, Value)], later: [String] = []) -> Value? {
        guard let field = member(key) else { return nil }
        if let text = field.view.string, later.contains(text) {
            field.notYet()
            return nil
        }
        let choices = words.map(\.0)
        let near = field.view.string.flatMap { Spelling.nearest(to: $0, among: choices, by: \.self) }
        return field.text(
            wanted: "one of " + choices.joined(separator: ", "), fix: "Write \(near ?? choices[0])"
        ) { text in words.first { $0.0 == text }?.1 }
    }

    /// A field that this version knows and cannot do: refused, never ignored.
    func refuseForNow(_ key: String) { member(key)?.notYet() }

    func notYet() {
        log.add(
            .notInThisVersion, at: path, found: shown,
            wanted: "nothing: this version of podmint cannot do it",
            fix: "Leave it out")
    }

    func invalid(wanted: String, fix: String) {
        log.add(.invalidField, at: path, found: shown, wanted: wanted, fix: fix)
    }

    func missing(_ key: String, wanted: String, fix: String) {
        log.add(.invalidField, at: "\(path).\(key)", found: "nothing", wanted: wanted, fix: fix)
    }

    /// A member that is there and is not null.
    func member(_ key: String) -> SpecField? {
        guard let found = view[key], !found.isNull else { return nil }
        return SpecField(view: found, path: path.isEmpty ? key : "\(path).\(key)", log: log)
    }

    func allow(_ known: [String]) {
        for (key, _) in view.members where !known.contains(key) {
            let near = Spelling.nearest(to: key, among: known, by: \.self)
            log.add(
                .unknownField, at: path.isEmpty ? key : "\(path).\(key)",
                found: "a field that does not exist",
                wanted: "one of " + known.joined(separator: ", "),
                fix: near.map { "Did you mean \($0)?" } ?? "Remove it")
        }
    }

    /// What stands there, short enough for a message.
    private var shown: String {
        switch view.kind {
        case .object: "an object"
        case .array: "a list"
        default:
            view.string.map { "\"\($0.prefix(100))\"" } ?? String(view.value.text.prefix(100))
        }
    }
}
