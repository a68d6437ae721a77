// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import OpenSSL

/// Waiting for a pod's address: the agent starts as soon as the network is there, the node reports it to the API
/// a little later. Waits outside the queue, so that a slow node holds up nobody else, and asks ever more rarely.
struct AddressWait {
    let api: any PodAuthorityAPI
    let clock: IssuanceClock

    private static let firstPause = Duration.milliseconds(200)
    /// At this pace 1,000 waiting pods cost the API server 500 reads a second, for at most half a minute.
    private static let longestPause = Duration.seconds(2)

    /// How long a pod is believed that has other addresses than the API server knows. A node reports within a second or
    /// two; after this what the API server says counts.
    static let longestForOthers = Duration.seconds(10)

    /// A certificate without the address would be of little use to most, and would be asked for again. A pod whose
    /// sandbox was made anew (its node restarted, say) has a new address, and for a moment the API server still has the old.
    static func isWaiting(for pod: Pod, with awaited: [[UInt8]]) -> Bool {
        guard !pod.usesHostNetwork else { return false }
        let known = pod.addresses.compactMap(SubjectAlternativeName.ip(parsing:))
        return pod.addresses.isEmpty || !awaited.allSatisfy { known.contains(.ip($0)) }
    }

    /// True when it makes sense to authorise again; false when the time is up.
    func untilAddressed(_ request: CheckedRequest, until deadline: Duration) async -> Bool {
        let caller = request.caller
        var pause = Self.firstPause
        while clock.elapsed() + pause < deadline {
            do { try await clock.sleep(pause) } catch { return false }
            pause = min(pause * 2, Self.longestPause)
            // Silence of the cluster is no reason to give up before the time is up.
            guard let pod = try? await api.pod(named: caller.podName, in: caller.namespace) else { continue }
            if pod.metadata.uid != caller.podUID || !Self.isWaiting(for: pod, with: request.awaitedAddresses)
            {
                return true
            }
        }
        return false
    }
}
