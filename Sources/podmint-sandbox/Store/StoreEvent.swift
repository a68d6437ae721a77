// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// One change, as every watcher sees it. The previous state lets a selector tell entering from leaving.
struct StoreEvent: Sendable {
    enum Change: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
    }

    let change: Change
    let shelf: String
    let version: UInt64
    let object: JSONValue
    let previous: JSONValue?
}
