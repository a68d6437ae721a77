// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A Lease of `coordination.k8s.io/v1`: who holds it, and how long that lasts unless it is renewed. Kept whole, so that
/// what others wrote into it (labels, owners) survives our writing it again.
package struct Lease: Hashable, Sendable {
    /// As the API server sent it, or as it is to be sent.
    package private(set) var object: JSONValue

    package init(_ object: JSONValue) { self.object = object }

    /// One that does not exist yet, held by nobody.
    package init(name: String, namespace: String) {
        object = [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace),
                "labels": ["app.kubernetes.io/name": "podmint", "app.kubernetes.io/managed-by": "podmint"],
            ],
        ]
    }

    /// Nil when nobody holds it.
    package var holder: String? { object.at("spec", "holderIdentity")?.string.nonEmpty }
    package var duration: Duration? {
        object.at("spec", "leaseDurationSeconds")?.integer.map { .seconds($0) }
    }
    package var transitions: Int64 { object.at("spec", "leaseTransitions")?.integer ?? 0 }
    /// What every renewal changes.
    package var spec: JSONValue { object["spec"] ?? [:] }

    /// As `holder` renews it, or takes it over.
    package func held(by holder: String, for duration: Duration, at now: MicroTime) -> Lease {
        var spec = spec
        if self.holder != holder {
            spec["holderIdentity"] = .string(holder)
            spec["acquireTime"] = .string(now.description)
            spec["leaseTransitions"] = .integer(transitions + (object.at("metadata", "uid") == nil ? 0 : 1))
        }
        spec["leaseDurationSeconds"] = .integer(duration.components.seconds)
        spec["renewTime"] = .string(now.description)
        return with(spec)
    }

    /// As its holder gives it back. A second is the shortest duration that the API takes.
    package func released(at now: MicroTime) -> Lease {
        var spec = spec
        spec["holderIdentity"] = ""
        spec["leaseDurationSeconds"] = 1
        spec["renewTime"] = .string(now.description)
        return with(spec)
    }

    private func with(_ spec: JSONValue) -> Lease {
        var lease = self
        lease.object["spec"] = spec
        return lease
    }
}

/// A moment with six digits of a second, which is how a Lease wants its times (`metav1.MicroTime`).
package struct MicroTime: Hashable, Sendable, CustomStringConvertible {
    package let microsecondsSinceEpoch: Int64

    package init(microsecondsSinceEpoch: Int64) { self.microsecondsSinceEpoch = microsecondsSinceEpoch }

    package var description: String {
        let fraction = ((microsecondsSinceEpoch % 1_000_000) + 1_000_000) % 1_000_000
        let second = Timestamp(secondsSinceEpoch: (microsecondsSinceEpoch - fraction) / 1_000_000)
        let digits = String(fraction)
        return
            "\(second.description.dropLast()).\(String(repeating: "0", count: 6 - digits.utf8.count))\(digits)Z"
    }
}
