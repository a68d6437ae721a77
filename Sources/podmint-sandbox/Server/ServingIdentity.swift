// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// The API's own CA and certificate, new at each start.
struct ServingIdentity: Sendable {
    let identity: TLSIdentity
    let authority: Certificate

    /// A day is longer than any trial runs; ten years spare a person who leaves it on the surprise.
    private static let lifetime: Int64 = 10 * 365 * 86_400

    init(host: String, now: Int64) throws(OpenSSLError) {
        let root = try CertificateIssuer.selfSigned(
            commonName: "podmint-sandbox-ca", algorithm: .ecdsaP256, notBefore: now - 300,
            notAfter: now + Self.lifetime)
        let issuer = try CertificateIssuer(certificate: root.certificate, key: root.key)
        let key = try PrivateKey.generate(.ecdsaP256)
        var names: [SubjectAlternativeName] = [
            .dns("localhost"), .dns("kubernetes"), .dns("kubernetes.default"), .dns("kubernetes.default.svc"),
            .dns("kubernetes.default.svc.cluster.local"),
        ]
        for address in ["127.0.0.1", "::1", "10.96.0.1", host] {
            if let name = SubjectAlternativeName.ip(parsing: address), !names.contains(name) {
                names.append(name)
            }
        }
        let leaf = try issuer.issue(
            LeafTemplate(
                names: names, notBefore: now - 300, notAfter: now + Self.lifetime, usages: [.serverAuth]),
            for: key.publicKey)
        identity = try TLSIdentity(certificateChain: [leaf], key: key)
        authority = root.certificate
    }
}
