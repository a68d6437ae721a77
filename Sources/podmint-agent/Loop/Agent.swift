// SPDX-License-Identifier: Apache-2.0

/// Keeps all certificates of a pod, one after the other on one thread: each has its own times, and none waits for
/// another that podmint refuses.
struct Agent {
    enum Goal {
        /// `init`: return as soon as every set works and is published.
        case firstCertificate
        /// `run`: never return, unless told to.
        case renewals
    }

    let clock: AgentClock
    var keepers: [CertificateKeeper]

    mutating func run(_ goal: Goal) {
        while true {
            for index in keepers.indices where keepers[index].dueAt <= clock.monotonic() {
                keepers[index].look()
            }
            if goal == .firstCertificate, keepers.allSatisfy(\.isSettled) { return }
            let due = keepers.map(\.dueAt).min() ?? 0
            guard clock.pause(max(0, due - clock.monotonic())) else { return }
        }
    }
}
