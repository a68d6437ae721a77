// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// The Table form that `kubectl get` prints.
struct Table: Sendable {
    private let columns: [TableColumn]
    private let now: Int64
    /// `Object`, `None`, or the default `Metadata`.
    private let including: String

    init(_ resource: Resource, cluster: Cluster, includingObject: String?) {
        columns =
            resource.isCustom
            ? TableColumn.custom(resource, cluster.store) : TableColumn.columns(of: resource.kind)
        now = cluster.now
        including = includingObject ?? "Metadata"
    }

    func value(_ objects: [JSONValue], metadata: JSONValue) -> JSONValue {
        [
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
            "columnDefinitions": .array(columns.map(\.definition)),
            "rows": .array(objects.map(row)),
        ]
    }

    private func row(_ object: JSONValue) -> JSONValue {
        var row: JSONValue = ["cells": .array(columns.map { $0.cell(object, now) })]
        switch including {
        case "Object": row.put(object, "object")
        case "None": break
        default: row.put(Presentation.metadata(of: object), "object")
        }
        return row
    }
}

/// How long ago, as kubectl writes it: `42s`, `5m10s`, `3h20m`, `2d`.
enum Age {
    static func text(_ timestamp: String?, now: Int64) -> String {
        guard let timestamp, let then = Moment.seconds(timestamp) else { return "<unknown>" }
        return text(seconds: max(0, now - then))
    }

    static func text(seconds: Int64) -> String {
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        switch seconds {
        case ..<120: return "\(seconds)s"
        case ..<600: return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s"
        case ..<10_800: return "\(minutes)m"
        case ..<28_800: return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m"
        case ..<172_800: return "\(hours)h"
        case ..<691_200: return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h"
        default: return "\(days)d"
        }
    }
}
