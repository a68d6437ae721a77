// SPDX-License-Identifier: Apache-2.0
internal import HTTPTransport
internal import Issuance
internal import OpenSSL

/// The serving certificate of one replica: signed by the shared serving CA, its key never leaving this process.
struct ServingCertificate {
    /// Seconds. A replica that runs longer signs itself a new one; nobody notices.
    static let lifetime: Int64 = 90 * 24 * 3600
    /// Clocks of API servers may be behind ours.
    static let backdate: Int64 = 300

    let identity: TLSIdentity
    private let validFrom: Int64
    /// Seconds since the epoch: two thirds of its life.
    private let renewAt: Int64

    /// Whether another one is due: this one grows old, or a clock that was ahead made it, and peers do not take it yet.
    func isDue(at now: Int64) -> Bool { now < validFrom || now >= renewAt }

    /// `hosts` are DNS names or IP addresses, in the order in which they shall stand.
    static func sign(
        with authorities: ServingAuthorities, hosts: [String], now: Int64
    ) throws(OpenSSLError) -> ServingCertificate {
        let key = try PrivateKey.generate(.ecdsaP256)
        let template = LeafTemplate(
            names: hosts.map { SubjectAlternativeName.ip(parsing: $0) ?? .dns($0) },
            notBefore: now - backdate,
            notAfter: now + lifetime, usages: [.serverAuth])
        let leaf = try authorities.current.issuer.issue(template, for: key.publicKey)
        return ServingCertificate(
            identity: try TLSIdentity(
                certificateChain: [leaf] + authorities.chain(at: now), key: key),
            validFrom: leaf.notBefore, renewAt: now + (leaf.notAfter - now) * 2 / 3)
    }

    /// Every name under which the API server or an agent may look for this server.
    static func hosts(_ configuration: ServeConfiguration) -> [String] {
        let service = "podmint.\(configuration.namespace).svc"
        var hosts: [String] = []
        for host in [
            configuration.advertise.host, configuration.agentAdvertise.host, service,
            "\(service).\(configuration.clusterDomain)",
        ] where !hosts.contains(host) {
            hosts.append(host)
        }
        return hosts
    }
}
