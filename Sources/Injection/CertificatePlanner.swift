// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import Policies
internal import SigningProtocol

/// From one policy (or none: the built-in default) and a pod's annotations to one certificate. Annotations may narrow what
/// the policy says: a shorter life, a stronger key, more formats. What they say beyond that is a fault.
struct CertificatePlanner {
    private(set) var certificate: PlannedCertificate?
    private(set) var faults: [Refusal] = []

    init(_ policy: TLSPolicy?, named name: PolicyName, _ wish: CertificateWish, _ context: InjectionContext) {
        guard let source = source(policy, named: name, wish, context) else { return }
        var planned = PlannedCertificate(
            policy: name, source: source, path: path(policy, named: name, wish),
            files: policy?.mount.files ?? .standard, addedTrust: addedTrust(policy, wish, source))
        if case .secret(let secret, entries: true) = source,
            case .notReadable = context.userSecret(secret, context.namespace)
        {
            planned.unseenSecret = secret
        }
        planned.leftOutTrust = Self.leftOutTrust(policy, wish, planned)
        certificate = planned
    }

    /// Only the agent merges trust. Where a person's files are mounted there is none, and `ca.crt` is one object's.
    private static func leftOutTrust(
        _ policy: TLSPolicy?, _ wish: CertificateWish, _ planned: PlannedCertificate
    ) -> String? {
        let named = policy?.tls.certificateAuthorities
        switch planned.source {
        case .issued: return nil
        case .trust(let source):
            guard let pods = wish.authorities, source != .configMap(pods) else { return nil }
            return
                "TLSPolicy \(planned.policy) issues nothing, so ca.crt is that of \(source.text) alone, without ConfigMap \"\(pods)\" of \(AnnotationName.certificateAuthorities.key)"
        case .secret(let secret, _):
            guard let added = planned.addedTrust else { return nil }
            var others = added == .secret(secret) ? [] : ["the Secret's own"]
            if let named, named != added { others.append("\(named.text) of TLSPolicy \(planned.policy)") }
            guard !others.isEmpty else { return nil }
            return
                "Secret \"\(secret)\" is mounted as it is, so ca.crt is that of \(added.text) alone, without \(others.joined(separator: " and "))"
        }
    }

    private mutating func source(
        _ policy: TLSPolicy?, named name: PolicyName, _ wish: CertificateWish, _ context: InjectionContext
    ) -> PlannedCertificate.Source? {
        if let secret = wish.secret { return .secret(secret, entries: false) }
        switch policy?.source {
        case nil, .authority: return .issued(settings(policy, named: name, wish))
        case .secret(let secret):
            switch context.userSecret(secret, context.namespace) {
            // Without the right to read Secrets here podmint cannot sign with it either, so it is a certificate.
            case .certificate, .notReadable: return .secret(secret, entries: true)
            case .authority: return .issued(settings(policy, named: name, wish))
            case .notYetRead:
                faults.append(
                    Refusal(
                        code: .notYetSynced, field: "metadata.namespace",
                        problem:
                            "podmint does not know yet whether Secret \(secret), named by TLSPolicy \(name), is an authority or a certificate",
                        fix: "Try again in a few seconds; controllers do by themselves"))
                return nil
            }
        case .external:
            if let trust = policy?.tls.certificateAuthorities { return .trust(trust) }
            if let configMap = wish.authorities { return .trust(.configMap(configMap)) }
            faults.append(
                Refusal(
                    code: .unusablePolicy, field: AnnotationName.field(AnnotationName.policy.rawValue),
                    problem:
                        "TLSPolicy \(name) leaves issuing to somebody else (selfSignedCertificates.disabled) and names nothing to trust",
                    fix: "Name it in spec.tls.certificateAuthorities, or do not disable it"))
            return nil
        }
    }

    private mutating func settings(
        _ policy: TLSPolicy?, named name: PolicyName, _ wish: CertificateWish
    ) -> IssuanceSettings {
        var settings = IssuanceSettings()
        if let certificate = policy?.certificate {
            settings.lifetime = certificate.lifetime
            settings.renewBefore = certificate.renewBefore
            settings.keyAlgorithm = certificate.keyAlgorithm
            settings.includesHostIP = certificate.includesHostIP
        }
        narrow(&settings, by: wish, policy?.name)
        settings.reusesKey = wish.reusesKey ?? false
        settings.password = policy?.mount.keystorePassword
        settings.formats = wish.formats ?? (settings.password == nil ? .pem : .pkcs12)
        settings.names = wish.names.map(\.text).joined(separator: ",")
        settings.authorities = policy?.tls.certificateAuthorities
        return settings
    }

    private mutating func narrow(
        _ settings: inout IssuanceSettings, by wish: CertificateWish, _ policy: PolicyName?
    ) {
        if let lifetime = wish.lifetime {
            if let policy, lifetime.seconds > settings.lifetime.seconds {
                beyond(
                    .duration, lifetime.text, policy, "at most \(settings.lifetime.text)",
                    fix: "Write that or less, or leave it out")
            } else {
                settings.lifetime = lifetime
            }
        }
        if let algorithm = wish.keyAlgorithm {
            if let policy, algorithm.strength < settings.keyAlgorithm.strength {
                beyond(
                    .keyAlgorithm, algorithm.rawValue, policy,
                    "\(settings.keyAlgorithm.rawValue) or stronger",
                    fix: "Leave it out")
            } else {
                settings.keyAlgorithm = algorithm
            }
        }
        if let renewBefore = wish.renewBefore {
            if renewBefore < settings.lifetime.seconds {
                settings.renewBefore = renewBefore
            } else {
                faults.append(
                    .invalid(
                        .renewBefore, DurationText.text(seconds: renewBefore),
                        wanted: "less than the duration, \(settings.lifetime.text)",
                        fix: "Write a third of it, or leave it out"))
            }
        } else if let before = settings.renewBefore, before >= settings.lifetime.seconds {
            // A pod's shorter life keeps the policy's proportion to nothing: the agent's own random point is right.
            settings.renewBefore = nil
        }
    }

    private mutating func beyond(
        _ name: AnnotationName, _ value: String, _ policy: PolicyName, _ wanted: String, fix: String
    ) {
        faults.append(.invalid(name, value, wanted: "\(wanted), as TLSPolicy \(policy) says", fix: fix))
    }

    private mutating func path(_ policy: TLSPolicy?, named name: PolicyName, _ wish: CertificateWish)
        -> MountPath
    {
        if let path = wish.mountPath { return path }
        guard let text = policy?.mount.path else {
            return name == .standard ? .standard : MountPath(of: name)
        }
        if let path = MountPath(parsing: text) { return path }
        faults.append(
            Refusal(
                code: .unusablePolicy, field: AnnotationName.field(AnnotationName.policy.rawValue),
                problem:
                    "mount.path of TLSPolicy \(name) is \"\(text.prefix(64))\"; wanted \(MountPath.wanted)",
                fix: "Mend the policy"))
        return MountPath(of: name)
    }

    private func addedTrust(
        _ policy: TLSPolicy?, _ wish: CertificateWish, _ source: PlannedCertificate.Source
    ) -> TrustSource? {
        if let configMap = wish.authorities { return .configMap(configMap) }
        guard case .secret = source else { return nil }
        return policy?.tls.certificateAuthorities
    }
}

extension KeyAlgorithm {
    /// Bits of security (NIST SP 800-57 part 1, table 2).
    fileprivate var strength: Int {
        switch self {
        case .rsa2048: 112
        case .ecdsaP256, .ed25519, .rsa3072: 128
        case .rsa4096: 140
        case .ecdsaP384: 192
        }
    }
}
