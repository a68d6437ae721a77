// SPDX-License-Identifier: Apache-2.0

/// What kind of fault it is. The names are a promise: scripts and dashboards match on them.
package enum FaultCode: String, CaseIterable, Hashable, Sendable {
    case malformedPEM = "MalformedPEM"
    case missingKey = "MissingKey"
    case encryptedKey = "EncryptedKey"
    case keyMismatch = "KeyMismatch"
    case ambiguousSecret = "AmbiguousSecret"
    case expired = "Expired"
    case notYetValid = "NotYetValid"
    case expiresSoon = "ExpiresSoon"
    case weakKey = "WeakKey"
    case weakSignature = "WeakSignature"
    case chainOrder = "ChainOrder"
    case chainIncomplete = "ChainIncomplete"
    case untrustedChain = "UntrustedChain"
    case rootInChain = "RootInChain"
    case surplusCertificate = "SurplusCertificate"
    case notCA = "NotCA"
    case pathLength = "PathLength"
    case nameConstraints = "NameConstraints"
    case sanMissing = "SANMissing"
    case commonNameOnly = "CommonNameOnly"
    case invalidName = "InvalidName"
    case keyUsage = "KeyUsage"
    case extendedKeyUsage = "ExtendedKeyUsage"
    case malformedCertificate = "MalformedCertificate"
    case tooLarge = "TooLarge"
    // Of podmint's own kinds, which are no certificates.
    case invalidField = "InvalidField"
    case unknownField = "UnknownField"
    case notInThisVersion = "NotInThisVersion"
    case missingReference = "MissingReference"
    /// A name or usage that a policy asks for and its authority does not give; issuance denies them by the same words.
    case forbiddenName = "ForbiddenName"
    case forbiddenUsage = "ForbiddenUsage"
    // Of pods and templates: what injection refuses (`Injection.Refusal`).
    case unknownAnnotation = "UnknownAnnotation"
    case invalidAnnotation = "InvalidAnnotation"
    case unknownContainer = "UnknownContainer"
    case nameTaken = "NameTaken"
    case mountConflict = "MountConflict"
    case rootOwner = "RootOwner"
    case namespaceMismatch = "NamespaceMismatch"
    case unknownPolicy = "UnknownPolicy"
    case unusablePolicy = "UnusablePolicy"
    case tooManyPolicies = "TooManyPolicies"
    case notYetSynced = "NotYetSynced"
    /// An update that changes what kind of key it is under pods that use it.
    case keyTypeChanged = "KeyTypeChanged"

    /// What it is unless the fault at hand is milder.
    package var severity: Severity {
        switch self {
        case .expiresSoon, .rootInChain, .surplusCertificate: .warning
        default: .error
        }
    }
}

package enum Severity: String, Hashable, Sendable {
    case error
    case warning
}

/// One thing that is wrong: what was found, what is wanted, and a command or action that mends it.
package struct Fault: Hashable, Sendable {
    package let code: FaultCode
    /// `Secret shop/web-tls`
    package let object: String
    /// `data[tls.crt]`; empty where the object as a whole is meant.
    package let field: String
    /// What was found, without what is true of one moment only.
    package let lasting: String
    /// What goes with it at the time of the look: `3 days ago; server clock …`. Empty for most.
    package let moment: String
    package let wanted: String
    package let fix: String
    package let severity: Severity

    package init(
        _ code: FaultCode, severity: Severity? = nil, object: String, field: String, found: String,
        moment: String = "", wanted: String, fix: String
    ) {
        self.code = code
        self.severity = severity ?? code.severity
        self.object = object
        self.field = field
        lasting = found
        self.moment = moment
        self.wanted = wanted
        self.fix = fix
    }

    package var found: String { moment.isEmpty ? lasting : "\(lasting) (\(moment))" }

    /// `data[tls.key]: it is under a passphrase; wanted …. Fix … [EncryptedKey]`
    package var text: String { text(found) }

    /// The same at every look: for what is written down and compared with the next.
    package var lastingText: String { text(lasting) }

    private func text(_ found: String) -> String {
        let place = field.isEmpty ? "" : "\(field): "
        return "\(place)\(found); wanted \(wanted). \(fix) [\(code.rawValue)]"
    }
}

extension Fault {
    /// The same, and it refuses nothing.
    package var asWarning: Fault {
        Fault(code, severity: .warning, object: object, field: field, found: found, wanted: wanted, fix: fix)
    }
}
