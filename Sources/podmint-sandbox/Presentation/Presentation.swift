// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Stored objects as a reader of one resource and version sees them.
enum Presentation {
    static func object(_ object: JSONValue, as resource: Resource) -> JSONValue {
        if resource == .newEvents { return EventVersions.fromCore(object) }
        guard object.apiVersion != resource.apiVersion else { return object }
        var shown = object
        shown.put(.string(resource.apiVersion), "apiVersion")
        return shown
    }

    static func metadata(of object: JSONValue) -> JSONValue {
        [
            "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": object.find("metadata") ?? [:],
        ]
    }
}

/// The two spellings of an Event; the core one is stored.
enum EventVersions {
    private static let names = [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("count", "deprecatedCount"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("source", "deprecatedSource"),
    ]

    static func fromCore(_ event: JSONValue) -> JSONValue {
        rename(event, names, apiVersion: "events.k8s.io/v1")
    }

    static func toCore(_ event: JSONValue) -> JSONValue {
        rename(event, names.map { ($0.1, $0.0) }, apiVersion: "v1")
    }

    private static func rename(_ event: JSONValue, _ names: [(String, String)], apiVersion: String)
        -> JSONValue
    {
        var renamed = event
        renamed.put(.string(apiVersion), "apiVersion")
        for (old, new) in names {
            guard let value = event.find(old) else { continue }
            renamed.put(nil, old)
            renamed.put(value, new)
        }
        return renamed
    }
}
