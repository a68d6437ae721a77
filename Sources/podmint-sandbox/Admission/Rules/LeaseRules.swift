// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI

/// What a Lease must say, in the API server's words (measured on v1.36).
enum LeaseRules {
    static func faults(_ lease: JSONValue) -> [FieldError] {
        var faults: [FieldError] = []
        if let seconds = lease.number("spec", "leaseDurationSeconds"), seconds <= 0 {
            faults.append(.invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0"))
        }
        if let count = lease.number("spec", "leaseTransitions"), count < 0 {
            faults.append(.invalid("spec.leaseTransitions", count, "must be greater than or equal to 0"))
        }
        return faults
    }

    /// Its times have six digits of a second, no more and no less; others cannot even be decoded.
    static func checkTimes(_ lease: JSONValue) throws(APIError) {
        for field in ["acquireTime", "renewTime"] {
            guard let text = lease.text("spec", field), let (rest, wanted) = misfit(text) else { continue }
            throw .badRequest(
                "Lease in version \"v1\" cannot be handled as a Lease: parsing time \"\(text)\" as "
                    + "\"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"\(rest)\" as \"\(wanted)\"")
        }
    }

    /// What stands where Go's layout wants something else; nil for a good time.
    private static func misfit(_ text: String) -> (rest: Substring, wanted: String)? {
        let (second, fraction) = (text.prefix(19), text.dropFirst(19))
        guard Timestamp(parsing: "\(second)Z") != nil else { return (text[...], "2006") }
        let digits = fraction.dropFirst().prefix(6)
        guard fraction.first == ".", digits.count == 6,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return (fraction, ".000000") }
        let zone = fraction.dropFirst(7)
        return Timestamp(parsing: "\(second)\(zone)") == nil ? (zone, "Z07:00") : nil
    }
}
