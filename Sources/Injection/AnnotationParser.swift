// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// Reads a pod's `podmint.dev/*` annotations: all of them, so that one answer lists every fault.
struct AnnotationParser {
    /// What `podmint.dev/inject` says.
    enum Choice { case ask, optOut, silent }

    private(set) var choice = Choice.silent
    private(set) var wish = CertificateWish()
    private(set) var faults: [Refusal] = []
    /// Names that ask for something, other than `inject`.
    private(set) var details: [AnnotationName] = []

    /// Keys come without their prefix. Opting out ends the reading: whoever wants nothing has no faults.
    init(_ annotations: [(key: String, value: String)]) {
        for (key, value) in annotations where key == AnnotationName.inject.rawValue { readInject(value) }
        guard choice != .optOut else { return }
        for (key, value) in annotations
        where key != AnnotationName.status && key != AnnotationName.inject.rawValue {
            guard let name = AnnotationName(rawValue: key) else {
                faults.append(Self.unknown(key))
                continue
            }
            details.append(name)
            read(name, value.trimmingBlanks)
        }
        checkRenewal()
    }

    private mutating func readInject(_ value: String) {
        switch value.trimmingBlanks {
        case "true": choice = .ask
        case "false": choice = .optOut
        case let other:
            invalid(
                .inject, other, wanted: "\"true\" or \"false\"", fix: "Write podmint.dev/inject: \"true\"")
        }
    }

    private mutating func read(_ name: AnnotationName, _ value: String) {
        if let onlyValue = name.onlyValue {
            if value != onlyValue { faults.append(Self.notYet(name, value, onlyValue)) }
            return
        }
        switch name {
        case .duration:
            set(
                \.lifetime, CertificateLifetime(parsing: value), name, value,
                wanted:
                    "a duration from \(CertificateLifetime.minimum.text) to \(CertificateLifetime.maximum.text)",
                fix: "Write for example \"24h\" or \"90m\"")
        case .renewBefore:
            let seconds = DurationText.seconds(in: value).flatMap { $0 > 0 ? $0 : nil }
            set(
                \.renewBefore, seconds.map(Optional.some), name, value,
                wanted: "a duration shorter than the certificate's",
                fix: "Write for example \"8h\"")
        case .keyAlgorithm:
            let near = Spelling.nearest(to: value, among: KeyAlgorithm.allCases, by: \.rawValue)
            set(
                \.keyAlgorithm, KeyAlgorithm(rawValue: value), name, value,
                wanted: "one of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", "),
                fix: "Write \"\((near ?? .ecdsaP256).rawValue)\"")
        case .containers:
            let names = value.split(separator: ",").map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
            set(
                \.containers, names.isEmpty ? nil : .some(names), name, value,
                wanted: "names of containers, separated by commas", fix: "Name them, or leave it out for all")
        case .mountPath:
            set(
                \.mountPath, MountPath(parsing: value), name, value,
                wanted: "an absolute path without \"..\" or \":\", outside /proc, /sys and /dev",
                fix: "Write for example \"/etc/tls\"")
        case .owner:
            set(
                \.owner, FileOwner(parsing: value).map(Optional.some), name, value,
                wanted: "a numeric user, or user:group, up to 2147483647", fix: "Write for example \"1000\"")
        case .mode:
            set(
                \.mode, FileMode(parsing: value).map(Optional.some), name, value,
                wanted: "octal permissions that the owner can read and only the owner can write",
                fix: "Write for example \"0440\"")
        default: break
        }
    }

    /// A renewal that comes before the certificate's own start would never end.
    private mutating func checkRenewal() {
        guard let renewBefore = wish.renewBefore, renewBefore >= wish.lifetime.seconds else { return }
        wish.renewBefore = nil
        invalid(
            .renewBefore, DurationText.text(seconds: renewBefore),
            wanted: "less than the duration, \(wish.lifetime.text)",
            fix: "Write a third of it, or leave it out")
    }

    private mutating func set<Value>(
        _ path: WritableKeyPath<CertificateWish, Value>, _ parsed: Value?, _ name: AnnotationName,
        _ value: String,
        wanted: String, fix: String
    ) {
        if let parsed { wish[keyPath: path] = parsed } else { invalid(name, value, wanted: wanted, fix: fix) }
    }

    private mutating func invalid(_ name: AnnotationName, _ value: String, wanted: String, fix: String) {
        faults.append(
            Refusal(
                code: .invalidAnnotation, field: AnnotationName.field(name.rawValue),
                problem: "\(name.key) is \"\(value.prefix(64))\"; wanted \(wanted)", fix: fix))
    }

    private static func unknown(_ key: String) -> Refusal {
        let near = AnnotationName.nearest(to: key)
        let shown = "\(AnnotationName.prefix)\(key.prefix(64))"
        return Refusal(
            code: .unknownAnnotation, field: AnnotationName.field(key), problem: "\(shown) is not known",
            fix: near.map { "Did you mean \($0.key)?" }
                ?? "Known are: " + AnnotationName.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static func notYet(_ name: AnnotationName, _ value: String, _ onlyValue: String?) -> Refusal {
        Refusal(
            code: .notInThisVersion, field: AnnotationName.field(name.rawValue),
            problem: "\(name.key) \"\(value.prefix(64))\" is not in this version of podmint",
            fix: onlyValue.map { "Remove it, or write \"\($0)\"" } ?? "Remove it")
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        // Most have none, which their first and last byte tell: graphic ASCII.
        let graphic: ClosedRange<UInt8> = 0x21...0x7E
        if let first = utf8.first, let last = utf8.last, graphic ~= first, graphic ~= last { return self }
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
