// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import KubernetesClient
package import OpenSSL
package import Validation

/// Why there is no authority to sign with. All but the first need a person.
package enum AuthorityError: Error, Sendable, CustomStringConvertible {
    case unreachable(secret: String, ClusterSilence)
    /// The API server answers, and does not let podmint read or make what it is kept in.
    case refused(secret: String, String)
    /// It is there, and podmint did not make it.
    case foreign(secret: String)
    case corrupt(secret: String, String)
    /// `at` is in seconds since the epoch.
    case expired(secret: String, at: Int64)
    /// It was made for a namespace that is gone; another one of the same name is there now.
    case otherNamespace(secret: String, namespace: String)
    /// Agents would refuse what comes with its leaves.
    case tooLarge(secret: String, String)
    /// podmint's locked memory is full.
    case noRoom(authority: String)
    /// A namespace has as many with `keyStorage: Memory` as it may; nil: all of them together have.
    case tooMany(namespace: String?)
    case openSSL(OpenSSLError)
    /// The key is in the clear where the policy wants it wrapped, or the reverse.
    case otherStorage(secret: String, isWrapped: Bool)
    case noKEK(authority: String)
    case wrongKEK(secret: String)
    /// A user's Secret that podmint may not read.
    case forbidden(secret: String, namespace: String)
    case missing(secret: String, namespace: String)
    /// A user's Secret that is no authority, or none that may sign.
    case faulty(secret: String, FaultReport)
    /// It holds a certificate to mount, not one to sign with.
    case notAnAuthority(secret: String)

    /// A word for conditions and Events.
    package var reason: String {
        switch self {
        case .unreachable: "AuthorityUnreachable"
        case .refused: "AuthorityRefused"
        case .foreign, .corrupt, .otherStorage: "AuthoritySecretUnusable"
        case .expired: "AuthorityExpired"
        case .otherNamespace: "AuthorityOfFormerNamespace"
        case .tooLarge: "TooLarge"
        case .noRoom: "OutOfMemory"
        case .tooMany: "TooManyAuthorities"
        case .openSSL: "InternalFault"
        case .noKEK, .wrongKEK: "KeyEncryptionKey"
        case .forbidden: "MissingRights"
        case .missing: "MissingReference"
        case .faulty(_, let report): report.errors.first?.code.rawValue ?? "AuthorityInvalid"
        case .notAnAuthority: "NotAnAuthority"
        }
    }

    /// Whether the next try may go better without anybody doing anything.
    package var isTransient: Bool {
        switch self {
        case .unreachable, .noRoom: true
        case .openSSL(let error): error.isOutOfMemory
        default: false
        }
    }

    /// Whether what was held before may go on signing: nothing was learned about it.
    var sparesFormer: Bool { if case .refused = self { true } else { isTransient } }

    /// Without the time of day: it becomes a condition, which is written anew whenever it reads otherwise.
    package var description: String {
        switch self {
        case .unreachable(let secret, let silence): "cannot read or make Secret \"\(secret)\": \(silence)"
        case .refused(let secret, let why):
            "the API server does not let podmint read or make \"\(secret)\" in its own namespace: \(why)"
        case .foreign(let secret):
            "Secret \"\(secret)\" was not made by podmint (it lacks label \(AuthoritySecret.label))"
        case .corrupt(let secret, let what): "Secret \"\(secret)\" holds no usable authority: \(what)"
        case .expired(let secret, let when):
            "the authority in Secret \"\(secret)\" ended at \(Timestamp(secondsSinceEpoch: when))"
        case .otherNamespace(let secret, let namespace):
            "Secret \"\(secret)\" holds the authority of a former namespace \"\(namespace)\", which was deleted and made anew since"
        case .tooLarge(let secret, let what): "Secret \"\(secret)\" brings \(what)"
        case .noRoom(let authority):
            "there is no locked memory left for the key of authority \"\(authority)\""
        case .tooMany(nil):
            "all namespaces together have \(AuthorityRegistry.mostInMemory) authorities with keyStorage Memory already"
        case .tooMany(let namespace?):
            "namespace \"\(namespace)\" has \(AuthorityRegistry.mostOfOneNamespace) authorities with keyStorage Memory already"
        case .openSSL(let error): "cannot make an authority: \(error)"
        case .otherStorage(let secret, true):
            "Secret \"\(secret)\" holds a wrapped key, and keyStorage is not Wrapped"
        case .otherStorage(let secret, false):
            "Secret \"\(secret)\" holds its key in the clear, and keyStorage is Wrapped"
        case .noKEK(let authority):
            "authority \"\(authority)\" has keyStorage Wrapped, and podmint was given no key encryption key"
        case .wrongKEK(let secret):
            "the key in Secret \"\(secret)\" was wrapped with another key encryption key, or was changed since"
        case .forbidden(let secret, let namespace):
            "podmint may not read Secret \"\(secret)\" in namespace \"\(namespace)\""
        case .missing(let secret, let namespace):
            "there is no Secret \"\(secret)\" in namespace \"\(namespace)\""
        case .faulty(_, let report): report.lastingText
        case .notAnAuthority(let secret):
            "Secret \"\(secret)\" holds a certificate to serve with (tls.crt), none to sign with (ca.crt and ca.key)"
        }
    }

    package var hint: String {
        switch self {
        case .unreachable:
            "it is tried again; podmint needs the API server's answer, its namespace, and get and create on Secrets there: apply what 'podmint manifests' prints"
        case .refused:
            "podmint needs get and create on Secrets (and with keyStorage Memory on ConfigMaps) in its namespace: apply what 'podmint manifests' prints, and look for a quota, a policy or another webhook that is in the way"
        case .foreign: "rename it, or run podmint in another namespace; podmint never overwrites it"
        case .corrupt:
            "restore it from a backup, or delete it: podmint then makes a new one, and pods must renew"
        case .expired: "delete it: podmint then makes a new one, and pods must renew"
        case .otherNamespace(let secret, _):
            "podmint signs nothing with it. If the namespace belongs to others now, delete the Secret in podmint's namespace: podmint then makes a new one. If it is the same people's, restored from a backup, say, let podmint take it over: kubectl annotate secret \(secret) \(AuthoritySecret.namespaceAnnotation)-"
        case .tooLarge: "leave only the CAs between ca.key's certificate and one root in ca.crt"
        case .noRoom:
            "it is tried again by itself; many policies with CAs of large RSA keys are the usual cause, and CAs with ECDSA keys take a twentieth of the room"
        case .tooMany: "let policies share a ClusterAuthority, or use keyStorage Secret"
        case .openSSL: "see `podmint --version` for the OpenSSL in use"
        case .otherStorage:
            "change keyStorage back, or delete the Secret: podmint then makes a new authority, and pods must renew"
        case .noKEK:
            "start podmint serve with --kek-file, --kek-env or --kek-command, or use keyStorage Secret"
        case .wrongKEK: "give podmint the KEK it was made with; nothing was changed"
        case .forbidden(_, let namespace):
            "an admin gives the right: podmint manifests --allow-namespace \(namespace) | kubectl apply --server-side -f -"
        case .missing: "create it with ca.crt and ca.key, or change spec.tls.certificate.secretName"
        case .faulty: "podmint check -f says the same of the manifest before it is applied"
        case .notAnAuthority: "pods mount it and need no signature; to sign, give it ca.crt and ca.key"
        }
    }
}

extension AuthorityError {
    /// What it means that the API server did not do what was asked about what an authority is kept in.
    init(_ error: KubernetesError, secret: String) {
        self =
            error.isRefusal
            ? .refused(secret: secret, "\(error)") : .unreachable(secret: secret, ClusterSilence("\(error)"))
    }
}
