// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI

/// Waiting for a pod's address: the agent starts as soon as the network is there, the node reports it to the API
/// a little later. Waits outside the queue, so that a slow node holds up nobody else, and asks ever more rarely.
struct AddressWait {
    let api: any PodAuthorityAPI
    let clock: IssuanceClock

    private static let firstPause = Duration.milliseconds(200)
    /// At this pace 1,000 waiting pods cost the API server 500 reads a second, for at most half a minute.
    private static let longestPause = Duration.seconds(2)

    /// A certificate without the address would be of little use to most, and would be asked for again.
    static func isWaiting(for pod: Pod) -> Bool { !pod.usesHostNetwork && pod.addresses.isEmpty }

    /// True when it makes sense to authorise again; false when the time is up.
    func untilAddressed(_ caller: PodCaller, until deadline: Duration) async -> Bool {
        var pause = Self.firstPause
        while clock.elapsed() + pause < deadline {
            do { try await clock.sleep(pause) } catch { return false }
            pause = min(pause * 2, Self.longestPause)
            // Silence of the cluster is no reason to give up before the time is up.
            guard let pod = try? await api.pod(named: caller.podName, in: caller.namespace) else { continue }
            if pod.metadata.uid != caller.podUID || !Self.isWaiting(for: pod) { return true }
        }
        return false
    }
}
