// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI

/// Whether this machine and the API server agree on the time. Certificates begin five minutes before they are signed,
/// so that much is forgiven to nodes; a minute is a warning of more.
enum ClockCheck {
    private static let code = "ClockSkew"
    private static let object = "clocks"
    private static let allowed: Int64 = 60

    /// `date` is the answer's Date field (RFC 9110 section 5.6.7); both times are in seconds since the epoch.
    static func finding(date: String?, asked: Int64, answered: Int64) -> Diagnosis {
        guard let date, let server = HTTPDate.seconds(date) else {
            return .unseen(
                code, object, "the API server's answers say no time", fix: "compare `date -u` on the nodes")
        }
        // Between asking and answering any time is right.
        let skew = server < asked ? server - asked : server > answered ? server - answered : 0
        guard abs(skew) > allowed else {
            return .good(code, object, "the API server's and this machine's agree")
        }
        return .faulty(
            code, object,
            "the API server's is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") this machine's",
            fix: "let NTP set both; certificates are valid by the clock of who looks at them")
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that servers may send.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(parsing: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")?.secondsSinceEpoch
    }
}
