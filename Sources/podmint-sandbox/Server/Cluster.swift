// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Everything one sandbox holds; made once, handed to all who act on it.
final class Cluster: Sendable {
    let store = Store()
    let registry = Registry()
    let tokens = TokenTable()
    let faults = FaultBoard()
    let access = AccessRecord()
    let ports = AddressPool()
    let surroundings: Surroundings
    let dispatcher: any WebhookCaller
    let log: EventLog
    /// PEM of the CA that signed the API's certificate; pods get it as ConfigMap `kube-root-ca.crt`.
    let authority: String
    /// Whether pods run (or are said to): without a kubelet they stay Pending, as on a cluster without nodes.
    let hasKubelet: Bool

    init(
        surroundings: Surroundings = .real, authority: String = "", hasKubelet: Bool = false,
        dispatcher: any WebhookCaller, log: EventLog = EventLog(write: { _ in })
    ) {
        let faults = faults
        var skewed = surroundings
        skewed.seconds = { surroundings.seconds() + faults.skewSeconds }
        self.surroundings = skewed
        self.authority = authority
        self.hasKubelet = hasKubelet
        self.dispatcher = dispatcher
        self.log = log
    }

    var now: Int64 { surroundings.seconds() }
    static let nodeName = "sandbox"
}

/// Where one line per happening goes: standard error in the program, nowhere in most tests.
struct EventLog: Sendable {
    let write: @Sendable (String) -> Void

    func note(_ line: String) { write(line) }
}
