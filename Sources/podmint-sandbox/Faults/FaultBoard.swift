// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import Synchronization

/// One misfortune to play: for requests whose path (and verb) match, `count` times or until cleared.
struct Fault: Sendable, Equatable {
    var pathPrefix: String
    var method: String?
    var status: Int?
    var retryAfter: Int?
    var delayMilliseconds: Int64 = 0
    /// nil: for ever.
    var count: Int?

    /// Refuses a fault that would do nothing, so that a misspelt one is noticed.
    init(_ value: JSONValue) throws(APIError) {
        pathPrefix = value.text("path") ?? "/"
        method = value.text("method")
        status = value.number("status").map { Int($0) }
        retryAfter = value.number("retryAfterSeconds").map { Int($0) }
        delayMilliseconds = value.number("delayMilliseconds") ?? 0
        count = value.number("count").map { Int($0) }
        guard status != nil || delayMilliseconds > 0 else {
            throw .badRequest("a fault needs \"status\" (409, 410, 429, 500…) or \"delayMilliseconds\"")
        }
        guard status.map({ (400...599).contains($0) }) ?? true, (0...600_000).contains(delayMilliseconds)
        else {
            throw .badRequest("\"status\" goes from 400 to 599, \"delayMilliseconds\" to 600000")
        }
    }

    func matches(_ method: String, _ path: String) -> Bool {
        path.hasPrefix(pathPrefix) && (self.method == nil || self.method == method)
    }

    var error: APIError? {
        guard let status else { return nil }
        let reasons = [
            409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError",
            503: "ServiceUnavailable",
        ]
        return APIError(
            code: status, reason: reasons[status] ?? "Unknown",
            message: "a fault switched on at /sandbox/faults", retryAfter: retryAfter)
    }
}

/// The faults that are switched on, by the admin's `POST /sandbox/faults`; `DELETE` clears them.
final class FaultBoard: Sendable {
    private struct State {
        var faults: [Fault] = []
        var skew: Int64 = 0
        var droppers: [Int: @Sendable () -> Void] = [:]
        var nextDropper = 0
    }

    private let state = Mutex(State())

    var skewSeconds: Int64 { state.withLock { $0.skew } }

    /// The first fault for this request, one use of it spent.
    func take(_ method: String, _ path: String) -> Fault? {
        guard !path.hasPrefix("/sandbox/") else { return nil }
        return state.withLock { state in
            guard let index = state.faults.firstIndex(where: { $0.matches(method, path) }) else { return nil }
            let fault = state.faults[index]
            if let count = fault.count {
                state.faults[index].count = count - 1
                if count <= 1 { state.faults.remove(at: index) }
            }
            return fault
        }
    }

    /// `{"faults": […], "clockSkewSeconds": n, "dropWatches": true}`; each part is optional.
    func change(_ request: JSONValue) throws(APIError) {
        var added: [Fault] = []
        for fault in request.list("faults") { added.append(try Fault(fault)) }
        let dropped = state.withLock { state in
            state.faults += added
            if let skew = request.number("clockSkewSeconds") { state.skew = skew }
            return request.flag("dropWatches") ? Array(state.droppers.values) : []
        }
        for drop in dropped { drop() }
    }

    func clear() {
        state.withLock { state in
            state.faults = []
            state.skew = 0
        }
    }

    /// Registers an open watch, to be cut off by `dropWatches`.
    func registerWatch(_ drop: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.nextDropper += 1
            state.droppers[state.nextDropper] = drop
            return state.nextDropper
        }
    }

    func forgetWatch(_ id: Int) {
        _ = state.withLock { $0.droppers.removeValue(forKey: id) }
    }
}
