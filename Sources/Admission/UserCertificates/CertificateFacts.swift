// SPDX-License-Identifier: Apache-2.0
package import Injection
package import KubernetesAPI
package import Policies
package import Validation

/// What admission may know of user certificates and who uses them: from caches, at once, never by asking the API server.
package protocol CertificateFacts: Sendable {
    func secret(_ name: String, in namespace: String) -> SecretKnowledge
    /// Pods that hold or wait for the Secret now; nil while that is not known.
    func users(ofSecret name: String, in namespace: String) -> [PodUse]?
    /// Nil while they are not known.
    func services(in namespace: String) -> [Service]?
    /// Those that can be used; nil while they are not known.
    func policies(in namespace: String) -> [TLSPolicy]?
}

package enum SecretKnowledge: Sendable {
    /// It will be known in a moment.
    case notYetRead
    /// Nobody gave podmint the right to read Secrets of this namespace.
    case notReadable
    /// There is none, or it holds neither a certificate nor an authority's key.
    case absent
    case known(CertificateSecret)
}

extension SecretKnowledge {
    /// What to do with a Secret that a TLSPolicy names, by what it holds: `kubectl create secret generic` takes certificates
    /// as well as authorities. One that does not exist is taken for an authority: issuance waits for it and says so.
    package var asNamedByPolicy: UserSecret {
        switch self {
        case .known(let secret): secret.isAuthority ? .authority : .certificate
        case .absent: .authority
        case .notReadable: .notReadable
        case .notYetRead: .notYetRead
        }
    }
}

/// Knows nothing and may read nothing: for a reviewer without a cluster.
package struct NoCertificateFacts: CertificateFacts {
    package init() {}
    package func secret(_ name: String, in namespace: String) -> SecretKnowledge { .notReadable }
    package func users(ofSecret name: String, in namespace: String) -> [PodUse]? { [] }
    package func services(in namespace: String) -> [Service]? { [] }
    package func policies(in namespace: String) -> [TLSPolicy]? { [] }
}
