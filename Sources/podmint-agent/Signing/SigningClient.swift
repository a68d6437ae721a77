// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// Where certificates come from: podmint over the network, or a stand-in under test.
protocol CertificateSource {
    func answer(to request: [UInt8], because reason: IssuanceReason) throws(AgentFailure) -> SigningAnswer
    /// Whether what is published is still what would be issued.
    func verdict(on set: CertificateSet) throws(AgentFailure) -> CheckVerdict
}

/// A 200 of podmint, not yet believed.
struct SigningAnswer {
    let chainLength: Int
    let body: [UInt8]
}

/// Asks podmint, once for each call: token and trust are read again, the name is resolved again, and every
/// address is tried until one takes the request. One connection serves one request.
struct SigningClient: CertificateSource {
    let configuration: AgentConfiguration
    let certificate: CertificateSettings
    var resolver = NameResolver.system
    var timeouts = Timeouts()

    struct Timeouts {
        /// A SYN lost twice is repeated after 3 s; a node in the same cluster answers in milliseconds.
        var connectMilliseconds: Int64 = 5000
        /// The server's own bound for handshakes.
        var handshakeMilliseconds: Int64 = 5000
        /// The wait we ask for, and half as long again for a slow signer and a slow network.
        var answerMilliseconds = Int64(ProtocolLimits.waitSeconds) * 1500
    }

    func answer(to request: [UInt8], because reason: IssuanceReason) throws(AgentFailure) -> SigningAnswer {
        let token = try BearerToken.read(configuration.tokenFile)
        let message = SigningMessage(
            to: configuration.server, for: certificate, at: configuration.podAddresses, token: token,
            reason: reason, body: request)
        return try SigningMessage.answer(in: exchange(message))
    }

    func verdict(on set: CertificateSet) throws(AgentFailure) -> CheckVerdict {
        try SigningMessage.verdict(
            in: exchange(SigningMessage(to: configuration, for: certificate, checking: set)))
    }

    private func exchange(_ message: SigningMessage) throws(AgentFailure) -> HTTP1ResponseParser {
        let anchors = try TrustAnchors.read(pem: configuration.trustPEM, file: configuration.trustFile)
        let context: TLSContext
        do throws(OpenSSLError) { context = try TLSContext.client(anchors: anchors, alpn: [.http1]) } catch {
            throw AgentFailure(.local, "TLS could not be set up: \(error)")
        }
        return try ask(try connect(with: context), message)
    }

    private func ask(_ connection: consuming PodmintConnection, _ message: SigningMessage)
        throws(AgentFailure) -> HTTP1ResponseParser
    {
        let deadline = Deadline(milliseconds: timeouts.answerMilliseconds)
        try connection.send(message.bytes, by: deadline)
        let response = try connection.receiveResponse(by: deadline)
        connection.close()
        return response
    }

    /// The first address that a podmint answers at; every failure is told when there is none.
    private func connect(with context: TLSContext) throws(AgentFailure) -> PodmintConnection {
        let (addresses, remark) = addresses()
        guard !addresses.isEmpty else {
            throw AgentFailure(.unreachable, remark ?? "podmint has no address", hint: Self.nameHint)
        }
        var failures: [AgentFailure] = []
        for address in addresses {
            do throws(AgentFailure) {
                return try PodmintConnection.open(
                    address.socketAddress(port: configuration.server.port), with: context,
                    to: configuration.server.serverName, timeouts)
            } catch { failures.append(error) }
        }
        let shown =
            failures.prefix(3).map(\.message) + (failures.count > 3 ? ["and \(failures.count - 3) more"] : [])
        throw AgentFailure(
            .unreachable, ([remark].compactMap(\.self) + shown).joined(separator: "; "),
            hint: failures.compactMap(\.hint).first)
    }

    /// What the name resolves to, then the fallback; with a remark when the name did not resolve.
    private func addresses() -> (addresses: [IPAddress], remark: String?) {
        var addresses: [IPAddress] = []
        var remark: String?
        switch configuration.server.host {
        case .address(let address): addresses = [address]
        case .name(let name):
            switch resolver.resolve(name) {
            case .addresses(let found): addresses = found
            case .unknown: remark = "DNS knows no \(name)"
            case .unavailable: remark = "DNS did not answer for \(name)"
            }
        }
        for address in configuration.fallbackAddresses where !addresses.contains(address) {
            addresses.append(address)
        }
        return (addresses, remark)
    }

    private static let nameHint = "is podmint installed, and may this pod reach the cluster's DNS?"
}

extension ServerEndpoint {
    /// What podmint's certificate must be for, whichever address answered.
    var serverName: ServerName {
        switch host {
        case .name(let name): .dns(name)
        case .address(let address): .ip(address.bytes)
        }
    }
}
