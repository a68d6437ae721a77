// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import SigningProtocol

@testable import podmint_agent

/// A podmint without a network: the test says what each call comes to.
final class ScriptedSource: CertificateSource {
    typealias Script = (_ call: Int, _ key: PublicKey) throws -> SigningAnswer

    private(set) var reasons: [IssuanceReason] = []
    private let script: Script
    private(set) var checks = 0
    /// What podmint says of a certificate that works; current, unless a test says otherwise.
    var judge: (_ check: Int, _ set: CertificateSet) throws(AgentFailure) -> CheckVerdict = { _, _ in
        CheckVerdict(reason: nil, again: nil)
    }

    init(_ script: @escaping Script) { self.script = script }

    func answer(to request: [UInt8], because reason: IssuanceReason) throws(AgentFailure) -> SigningAnswer {
        reasons.append(reason)
        do { return try script(reasons.count, SigningRequest(der: request).publicKey) } catch let error
            as AgentFailure
        {
            throw error
        } catch { throw AgentFailure(.unusableAnswer, "the script failed: \(error)") }
    }
}

extension ScriptedSource {
    func verdict(on set: CertificateSet) throws(AgentFailure) -> CheckVerdict {
        checks += 1
        return try judge(checks, set)
    }
}

extension SigningAnswer {
    init(chain: [Certificate], bundle: [Certificate]) {
        self.init(chainLength: chain.count, body: Array((chain + bundle).map(\.pem).joined().utf8))
    }
}
