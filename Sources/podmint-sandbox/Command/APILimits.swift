// SPDX-License-Identifier: Apache-2.0
internal import HTTP

/// The API's own bounds where they differ from a webhook's.
enum APILimits {
    static var limits: HTTPLimits {
        var limits = HTTPLimits()
        // A webhook may take 30 s, and several may be asked in a row.
        limits.answerMilliseconds = 120_000
        // kubectl, podmint and a hundred agents from one address.
        limits.connections = 1024
        limits.connectionsPerPeer = 1024
        return limits
    }
}
