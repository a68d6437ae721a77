// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import HTTPTransport
internal import OpenSSL

/// What this machine sees of podmint's own listeners, where it can reach them.
enum RouteCheck {
    /// What trying a listener came to.
    enum Answer: Equatable {
        case answered(status: Int, body: [UInt8])
        /// There is a listener, and it is not to be trusted.
        case untrusted(String)
        case unreachable(String)
        /// Nobody tried: whom to trust is not to be seen.
        case untried(String)
    }

    /// The webhook listener outside the cluster, by the URL that the webhooks name.
    static func webhook(_ url: String, _ answer: Answer) -> Diagnosis {
        let code = "ServerNotReady"
        let object = "server at \(url)"
        switch answer {
        case .answered(200, _):
            return .good(code, object, "is ready, with a certificate that the caBundle verifies")
        case .answered(_, let body):
            let missing = String(decoding: body, as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix("[-]") }.joined(separator: ", ")
            return .faulty(
                code, object, "is not ready: \(missing.isEmpty ? "it does not say why" : missing)",
                fix: "its log says more")
        case .untrusted(let why):
            return .faulty(
                "UntrustedServer", object, "shows a certificate that the caBundle does not verify: \(why)",
                fix: "is that podmint? A running server writes its own caBundle within seconds")
        case .unreachable(let why), .untried(let why):
            return .unseen(
                code, object, "cannot be reached from here: \(why)",
                fix: "the trial above says whether the API server can")
        }
    }

    /// The agents' listener, and the CA for pods that it hands out. Who names its URL says that it can be reached from
    /// here; one that is guessed, or asked by way of the API server, need not be.
    static func agents(_ object: String, _ answer: Answer, _ trust: TrustCheck, isGiven: Bool) -> [Diagnosis]
    {
        let code = "AgentsRoute"
        switch answer {
        case .answered(200, let body):
            guard let bundle = try? PEM.certificates(in: body, limits: .bundle),
                let end = bundle.map(\.notAfter).max()
            else {
                return [
                    .faulty(
                        code, object, "does not answer as podmint does",
                        fix: "is that podmint's agents' port (8444)?")
                ]
            }
            return [
                .good(code, object, "answers, and hands out the CA for pods"),
                trust.expiry(
                    "AuthorityExpiry", "the CA for pods", "authority default", end,
                    fix: "no certificate outlives it: see docs/install.md for where it is kept"),
            ]
        case .answered(let status, _):
            let what = "answers \(status) to who asks from here"
            guard isGiven else { return [.unseen(code, object, what, fix: Self.agentsLog)] }
            return [.faulty(code, object, what, fix: "is that podmint's agents' port (8444)?")]
        case .untrusted(let why):
            return [
                .faulty(
                    code, object, "shows a certificate that the caBundle does not verify: \(why)",
                    fix: "agents trust the same anchors; is that podmint?")
            ]
        case .unreachable(let why) where isGiven:
            return [
                .faulty(
                    code, object, "cannot be reached: \(why)",
                    fix:
                        "is podmint running, and nothing between here and its agents' port (8444)? Without --agents this is no fault"
                )
            ]
        case .unreachable(let why), .untried(let why):
            return [
                .unseen(
                    code, object, "cannot be seen from here: \(why)",
                    fix: "\(Self.agentsLog); --agents names another URL")
            ]
        }
    }

    private static let agentsLog =
        "an agent's own log says whether it gets through: kubectl logs POD -c podmint-agent"
}
