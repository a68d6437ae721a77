// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
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

    /// Values are read before the API server counts them: it allows 256 KiB of annotations in all, once admission is over.
    static let longestValue = 65_536
    /// Of a list between commas; each element costs a parse, and a line where it is wrong.
    static let mostElements = 128
    /// Nobody reads on after so many.
    static let mostFaults = 32

    /// Keys come without their prefix. Opting out ends the reading: whoever wants nothing has no faults.
    init(_ annotations: [(key: String, value: String)]) {
        for (key, value) in annotations where key == AnnotationName.inject.rawValue { readInject(value) }
        guard choice != .optOut else { return }
        for (key, value) in annotations
        where key != AnnotationName.status && key != AnnotationName.inject.rawValue {
            guard faults.count < Self.mostFaults else { break }
            guard let name = AnnotationName(rawValue: key) else {
                faults.append(Self.unknown(key))
                continue
            }
            details.append(name)
            read(name, value.trimmingBlanks)
        }
        checkSecret()
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
        guard value.utf8.count <= Self.longestValue else {
            return invalid(
                name, value, wanted: "at most \(Self.longestValue) bytes, and it has \(value.utf8.count)",
                fix: "Leave some out")
        }
        switch name {
        case .duration:
            set(
                \.lifetime, CertificateLifetime(parsing: value).map(Optional.some), name, value,
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
                \.keyAlgorithm, KeyAlgorithm(rawValue: value).map(Optional.some), name, value,
                wanted: "one of " + KeyAlgorithm.allCases.map(\.rawValue).joined(separator: ", "),
                fix: "Write \"\((near ?? .ecdsaP256).rawValue)\"")
        case .containers:
            let names = elements(name, value)
            set(
                \.containers, names.isEmpty ? nil : .some(names), name, value,
                wanted: "names of containers, separated by commas", fix: "Name them, or leave it out for all")
        case .mountPath:
            set(
                \.mountPath, MountPath(parsing: value).map(Optional.some), name, value,
                wanted: MountPath.wanted, fix: "Write for example \"/etc/tls\"")
        case .owner:
            set(
                \.owner, FileOwner(parsing: value).map(Optional.some), name, value,
                wanted: "a numeric user, or user:group, up to 2147483647", fix: "Write for example \"1000\"")
        case .mode:
            set(
                \.mode, FileMode(parsing: value).map(Optional.some), name, value,
                wanted: "octal permissions that the owner can read and only the owner can write",
                fix: "Write for example \"0440\"")
        case .policy: readPolicies(value)
        case .name, .sans, .ipSANs, .uriSANs: readNames(name, value)
        case .reusePrivateKey:
            set(
                \.reusesKey, ["true": true, "false": false][value].map(Optional.some), name, value,
                wanted: "\"true\" or \"false\"", fix: "Write \"true\", or leave it out")
        case .format:
            set(
                \.formats, CertificateFormats(parsing: value).map(Optional.some), name, value,
                wanted: "a list of " + CertificateFormats.words.joined(separator: ", "),
                fix: "Write \"pem,pkcs12\"")
        case .secret: readObject(\.secret, name, value, kind: "Secret")
        case .certificateAuthorities: readObject(\.authorities, name, value, kind: "ConfigMap")
        case .reload: if value != "none" { faults.append(Self.notYet(name, value)) }
        case .inject: break
        }
    }

    /// A person's certificate is mounted as it is. Names stay: they say what it must be good for.
    private mutating func checkSecret() {
        guard wish.secret != nil else { return }
        let issuing: [AnnotationName] = [
            .duration, .renewBefore, .keyAlgorithm, .reusePrivateKey, .format,
        ]
        for name in details where issuing.contains(name) && !(name == .format && wish.formats == .pem) {
            faults.append(
                Refusal(
                    code: .invalidAnnotation, field: AnnotationName.field(name.rawValue),
                    problem:
                        "\(name.key) is about a certificate that podmint issues, and \(AnnotationName.secret.key) mounts one as it is",
                    fix: "Keep one of the two"))
        }
    }

    private mutating func set<Value>(
        _ path: WritableKeyPath<CertificateWish, Value>, _ parsed: Value?, _ name: AnnotationName,
        _ value: String,
        wanted: String, fix: String
    ) {
        if let parsed { wish[keyPath: path] = parsed } else { invalid(name, value, wanted: wanted, fix: fix) }
    }

    private mutating func invalid(_ name: AnnotationName, _ value: String, wanted: String, fix: String) {
        faults.append(.invalid(name, value, wanted: wanted, fix: fix))
    }

    private static func unknown(_ key: String) -> Refusal {
        let near = AnnotationName.nearest(to: key)
        let shown = "\(AnnotationName.prefix)\(key.prefix(64))"
        return Refusal(
            code: .unknownAnnotation, field: AnnotationName.field(key), problem: "\(shown) is not known",
            fix: near.map { "Did you mean \($0.key)?" }
                ?? "Known are: " + AnnotationName.allCases.map(\.rawValue).joined(separator: ", "))
    }

    private static func notYet(_ name: AnnotationName, _ value: String) -> Refusal {
        Refusal(
            code: .notInThisVersion, field: AnnotationName.field(name.rawValue),
            problem: "\(name.key) \"\(value.prefix(64))\" is not in this version of podmint",
            fix: "Remove it, or write \"none\"")
    }
}

// Annotations that name policies, objects, and names for the certificate.
extension AnnotationParser {
    /// Parts between commas, without blanks around them; empty ones go, and those beyond `mostElements`.
    fileprivate mutating func elements(_ name: AnnotationName, _ value: String) -> [String] {
        let parts = value.split(separator: ",")
        if parts.count > Self.mostElements {
            invalid(
                name, "a list of \(parts.count)", wanted: "at most \(Self.mostElements) elements",
                fix: "Leave some out")
        }
        return parts.prefix(Self.mostElements).map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
    }

    private mutating func readPolicies(_ value: String) {
        let wanted = "names of TLSPolicies, separated by commas"
        let elements = elements(.policy, value)
        if elements.isEmpty { invalid(.policy, value, wanted: wanted, fix: "Name one, or leave it out") }
        var names: [PolicyName] = []
        for element in elements where faults.count < Self.mostFaults {
            guard let name = PolicyName(parsing: element) else {
                invalid(
                    .policy, element, wanted: wanted,
                    fix: "Write them as `kubectl get tlspolicies` shows them")
                continue
            }
            if !names.contains(name) { names.append(name) }
        }
        if !names.isEmpty { wish.policies = names }
    }

    private mutating func readObject(
        _ path: WritableKeyPath<CertificateWish, String?>, _ name: AnnotationName, _ value: String,
        kind: String
    ) {
        set(
            path, ObjectName.isValid(value) ? .some(value) : nil, name, value,
            wanted: "the name of a \(kind) in the pod's namespace", fix: "Write it as `kubectl get` shows it")
    }

    private mutating func readNames(_ name: AnnotationName, _ value: String) {
        let kind: NameTemplate.Kind = name == .ipSANs ? .ip : name == .uriSANs ? .uri : .dns
        let elements = name == .name ? [value] : elements(name, value)
        if elements.isEmpty {
            invalid(name, value, wanted: "a list of names", fix: "Name one, or leave it out")
        }
        for element in elements where faults.count < Self.mostFaults {
            guard let template = NameTemplate(kind, parsing: element) else {
                invalid(
                    name, element,
                    wanted: "\(kind), with variables like \(kind == .ip ? "${POD_IP}" : "${POD_NAME}")",
                    fix: NameHint(element, for: name).text)
                continue
            }
            guard !wish.names.contains(template) else { continue }
            // The one name stands first, whatever the order of annotations.
            if name == .name { wish.names.insert(template, at: 0) } else { wish.names.append(template) }
        }
        if wish.names.count > TransportTLS.maximumNames {
            invalid(
                name, "\(wish.names.count) names", wanted: "at most \(TransportTLS.maximumNames) in all",
                fix: "Leave some out")
            wish.names.removeLast(wish.names.count - TransportTLS.maximumNames)
        }
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
