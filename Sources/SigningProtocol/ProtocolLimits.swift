// SPDX-License-Identifier: Apache-2.0

/// The bounds of both sides, each with the sum that chose it.
package enum ProtocolLimits {
    /// A request for RSA-8192, the largest key accepted, is 2.3 kB of DER; 16 kB leaves room for odd attributes.
    package static let requestBytes = 16 * 1024
    /// 150 certificates of at most 2.5 kB PEM each come to 375 kB; the next power of two.
    package static let responseBytes = 512 * 1024
    /// A leaf and nine intermediates; OpenSSL's chains here end at depth 8.
    package static let chainCertificates = 10
    /// A rotation holds three authorities, users merge their own; a distribution's whole root store is 140.
    package static let bundleCertificates = 150
    /// A pod-bound token is 1 to 1.5 kB; with every name at its longest it stays under 3 kB.
    package static let tokenBytes = 8 * 1024
    /// Two short lines for a person.
    package static let refusalBytes = 4 * 1024
    /// How long an agent asks the server to hold its answer. A pod's IP shows up in the API within seconds;
    /// load balancers commonly cut idle connections at 60 s.
    package static let waitSeconds = 30
    /// Dual-stack pods have two; secondary networks may add some.
    package static let podAddresses = 16
    /// How soon and how late an agent checks again, whatever the server says.
    package static let checkSeconds = 10...3600
    /// How often it checks until a server has said otherwise.
    package static let checkEverySeconds = 60
    /// The longest `Retry-After` that an agent obeys: a wrong number must not outlive a third of the shortest
    /// default certificate's renewal window (28 % of 24 h is 6.7 h).
    package static let retryAfterSeconds = 2 * 3600
}
