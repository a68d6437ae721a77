// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import JSON

/// Which bundle each pod's agent last said it holds, by what podmint's log says of their checks (`SeenBundles`).
///
/// Told is only what was current then: of the pods under one policy the bundle that was told last is the current one, as
/// far as any agent has asked since it changed.
struct BundleTrail {
    struct Held: Equatable {
        let policy: String
        /// Of the bundle's digest the first digits.
        let digest: String
        let isCurrent: Bool
    }

    private struct Sighting {
        let time: String
        let place: String
        let digest: String
    }

    private var latest: [String: [String: Sighting]] = [:]
    /// By `namespace/policy`.
    private var current: [String: Sighting] = [:]

    /// A log of JSON lines, with whatever else is in it.
    mutating func read(_ log: [UInt8]) {
        let mark = Array("\"msg\":\"\(SeenBundles.message)\"".utf8)
        for line in log.split(separator: UInt8(ascii: "\n")) {
            // Behind a time and a level. Most lines say something else.
            guard line.prefix(160).firstRange(of: mark) != nil,
                let entry = try? JSONValue(parsing: Array(line)),
                let time = entry["ts"]?.string, let uid = entry["uid"]?.string,
                let namespace = entry["namespace"]?.string, let policy = entry["policy"]?.string,
                let digest = entry["bundle"]?.string
            else { continue }
            let sighting = Sighting(time: time, place: "\(namespace)/\(policy)", digest: digest)
            // Replicas' logs are read one after the other.
            if time >= latest[uid]?[policy]?.time ?? "" { latest[uid, default: [:]][policy] = sighting }
            if time >= current[sighting.place]?.time ?? "" { current[sighting.place] = sighting }
        }
    }

    func held(byPod uid: String) -> [Held] {
        (latest[uid] ?? [:]).sorted { $0.key < $1.key }.map { policy, sighting in
            Held(
                policy: policy, digest: sighting.digest,
                isCurrent: sighting.digest == current[sighting.place]?.digest)
        }
    }
}
