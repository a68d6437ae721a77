// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL

/// What the API server is told to trust, and for how long that lasts.
struct TrustCheck {
    let now: Int64

    private static let warning: Int64 = 30 * 24 * 3600

    /// Of one configuration: each entry's `caBundle` must be readable and hold something that has not ended.
    func findings(_ kind: String, _ configuration: JSONValue) -> [Diagnosis] {
        let code = "CABundle"
        let object = "\(kind) podmint"
        var latest: Int64?
        for entry in configuration["webhooks"]?.array ?? [] {
            let name = entry["name"]?.string ?? ""
            let fix = "a running server writes it within seconds: look at its log and at /readyz?verbose"
            guard let anchors = Self.anchors(of: entry) else {
                return [.faulty(code, object, "entry \(name) has a caBundle that is no PEM", fix: fix)]
            }
            guard let last = anchors.map(\.notAfter).max() else {
                return [
                    .faulty(
                        code, object, "entry \(name) has no caBundle: no podmint has written its own yet",
                        fix: fix)
                ]
            }
            latest = min(latest ?? last, last)
        }
        guard let latest else { return [] }
        return [
            expiry(
                code, object, "what the API server trusts", latest,
                fix: "see what podmint's log says of the serving CA")
        ]
    }

    /// How long `what` lasts: good, ending soon, or ended.
    func expiry(_ code: String, _ object: String, _ what: String, _ notAfter: Int64, fix: String) -> Diagnosis
    {
        let date = Timestamp(secondsSinceEpoch: notAfter)
        guard notAfter > now else { return .faulty(code, object, "\(what) ended at \(date)", fix: fix) }
        guard notAfter - now > Self.warning else {
            let days = (notAfter - now) / 86_400
            return .faulty(
                code, object, "\(what) ends in \(days) day\(days == 1 ? "" : "s"), at \(date)", fix: fix)
        }
        return .good(code, object, "\(what) is valid until \(date)")
    }

    /// Nil where the bundle cannot be read; empty where there is none.
    static func anchors(of entry: JSONValue) -> [Certificate]? {
        guard let text = entry.at("clientConfig", "caBundle")?.string, !text.isEmpty else { return [] }
        guard let pem = Base64.decode(text) else { return nil }
        return try? PEM.certificates(in: pem)
    }
}
