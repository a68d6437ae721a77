// SPDX-License-Identifier: Apache-2.0
internal import HTTP
internal import JSON

/// What each listener lets its peers hold, and what all that comes to: the container's limit is above it, so that no peer
/// gets this process killed.
enum ListenerLimits {
    /// For API servers. Each opens a connection of its own for every call under way (Go's HTTP/1.1 client), so a rollout of a
    /// thousand pods is a burst of hundreds at once, and one that is accepted and closed is a pod that is not created.
    /// Three API servers at 300 each, or one, or all behind one address (SNAT, a proxy) with half of all.
    static let admission: HTTPLimits = {
        var limits = HTTPLimits()
        limits.connections = 1024
        limits.connectionsPerPeer = 512
        return limits
    }()

    /// A storm of agents holds a connection each for as long as their pods wait for an address. One address, which may be
    /// a node's that stands for its pods, holds a quarter; and who says nothing is soon gone, since an agent asks at once.
    /// What they send is a CSR, which is less than a connection's own share of bodies.
    static let agents: HTTPLimits = {
        var limits = HTTPLimits()
        limits.connections = 3072
        limits.connectionsPerPeer = 768
        limits.idleMilliseconds = 10_000
        limits.bodyBytes = 64 * 1024
        limits.bufferedBodyBytes = 8 * mebibyte
        return limits
    }()

    /// A kubelet, a Prometheus or two, and a person.
    static let health: HTTPLimits = {
        var limits = HTTPLimits()
        limits.connections = 64
        // No single pod holds all of them: the kubelet's probes need one.
        limits.connectionsPerPeer = 16
        limits.idleMilliseconds = 10_000
        limits.bodyBytes = 1024
        limits.bufferedBodyBytes = 0
        return limits
    }()

    /// All reactors together, in MiB:
    ///
    ///     the process, and what it keeps of the cluster    64    23 after start; 10 000 pods and Services are 20
    ///     1024 connections of API servers                  56    40 kB each, and 16 KiB of body
    ///     their large bodies                               64    eight of the largest
    ///     parsing                                         126    one of 8 MiB, one of 256 KiB on each of four reactors
    ///     3072 connections of agents                      168    as above
    ///     their large bodies                                8
    ///     64 connections that ask for health                2
    ///                                                     ---
    ///                                                     488
    static var bytes: Int {
        process + held(admission) + parsing + held(agents) + held(health)
    }

    /// The Deployment's limit.
    static let container = 512 * mebibyte

    private static let mebibyte = 1024 * 1024
    private static let process = 64 * mebibyte
    /// TLS buffers and ours, as measured.
    private static let connection = 40 * 1024
    private static var parsing: Int {
        JSONParser.bytesForEach
            * (admission.bodyBytes + PodmintServer.mostReactors * JSONParser.keptBytes)
    }

    private static func held(_ limits: HTTPLimits) -> Int {
        limits.connections * (connection + min(limits.ownBodyBytes, limits.bodyBytes))
            + limits.bufferedBodyBytes
    }
}
