// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// What podmint's audit says it has issued: the last certificate of each pod and policy.
///
/// The audit is what podmint itself writes down before it signs, so a serial in it was issued, unless the log says right
/// after that signing failed. It reaches back as far as the log that was read; what is not in it is not known.
struct AuditTrail {
    struct Certificate: Equatable {
        let policy: String
        let serial: String
        let notAfter: Timestamp
        let issuer: String
    }

    private var latest: [String: [String: Certificate]] = [:]
    private(set) var lines = 0

    /// Lines of JSON, with whatever else is in the log between them.
    mutating func read(_ log: [UInt8]) {
        for line in log.split(separator: UInt8(ascii: "\n")) {
            // Most lines of a pod's log are none of the audit's; these begin so.
            guard line.starts(with: Array(#"{"audit":"#.utf8)),
                let entry = try? JSONValue(parsing: Array(line))
            else {
                continue
            }
            lines += 1
            guard entry["verdict"] == "issued", let uid = entry["uid"]?.string,
                let policy = entry["policy"]?.string, let serial = entry["serial"]?.string,
                let notAfter = entry["notAfter"]?.string.flatMap(Timestamp.init(parsing:)),
                let issuer = entry["issuer"]?.string
            else { continue }
            // Replicas' logs are read one after the other: of two certificates the one that lasts longer is the newer.
            if let known = latest[uid]?[policy], known.notAfter > notAfter { continue }
            latest[uid, default: [:]][policy] = Certificate(
                policy: policy, serial: serial, notAfter: notAfter, issuer: issuer)
        }
    }

    func certificates(ofPod uid: String) -> [Certificate] {
        (latest[uid] ?? [:]).values.sorted { $0.policy < $1.policy }
    }
}
