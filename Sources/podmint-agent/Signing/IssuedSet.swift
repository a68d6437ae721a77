// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol

/// Decides whether what podmint sent may take the place of what is there.
enum IssuedSet {
    /// Refuses what is for another key, does not lead to the bundle that came with it, or is not valid by this
    /// node's clock, with enough of its life left to be worth a switch.
    static func check(_ answer: SigningAnswer, for key: PrivateKey, at now: Int64) throws(AgentFailure)
        -> CertificateSet
    {
        let certificates: [Certificate]
        do throws(PEMError) {
            certificates = try PEM.certificates(in: answer.body, limits: limits)
        } catch { throw AgentFailure(.unusableAnswer, "podmint's answer holds no certificates: \(error)") }
        let set: CertificateSet
        do throws(SetFault) {
            set = try CertificateSet(
                key: key, chain: Array(certificates.prefix(answer.chainLength)),
                bundle: Array(certificates.dropFirst(answer.chainLength)))
            if let fault = set.fault(at: now) { throw fault }
        } catch { throw failure(error, now) }
        guard set.leaf.notAfter - now >= shortestRest else {
            throw failure(.expired(set.leaf.notAfter), now)
        }
        return set
    }

    private static func failure(_ fault: SetFault, _ now: Int64) -> AgentFailure {
        let said = "podmint's certificate cannot be used: \(fault)"
        switch fault {
        case .expired, .notYetValid:
            return AgentFailure(
                .unusableAnswer, "\(said); this node's clock says \(UTCTime.text(now))",
                hint: "clocks differ: is time synchronised (NTP) on this node and on podmint's?")
        case .untrusted:
            return AgentFailure(
                .unusableAnswer, said,
                hint: "podmint's authority and its bundle do not fit together; see podmint's log")
        default:
            return AgentFailure(.unusableAnswer, said)
        }
    }

    private static let limits = PEM.Limits(
        bytes: ProtocolLimits.responseBytes,
        blocks: ProtocolLimits.chainCertificates + ProtocolLimits.bundleCertificates)
    /// Seconds. The shortest life granted is 5 minutes; less than a minute of it is a clock or a dying authority.
    private static let shortestRest: Int64 = 60
}
