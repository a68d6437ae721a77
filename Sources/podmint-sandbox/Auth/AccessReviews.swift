// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Subject access reviews of others and of oneself, and "who am I".
struct AccessReviews {
    let store: Store

    func answer(_ body: JSONValue, _ resource: Resource, asker: Identity, now: String) throws(APIError)
        -> JSONValue
    {
        var answer = body
        answer.putDefault([:], "metadata")
        answer.put(.string(resource.kind), "kind")
        answer.put(.string(resource.apiVersion), "apiVersion")
        if resource == .selfSubjectReviews {
            answer.put(.string(now), "metadata", "creationTimestamp")
            answer.put(asker.userInfo, "status", "userInfo")
            return answer
        }
        let spec = body.find("spec") ?? [:]
        guard (spec.find("resourceAttributes") == nil) != (spec.find("nonResourceAttributes") == nil) else {
            throw .invalid(
                "", group: resource.group, "",
                [
                    FieldError(
                        field: "spec.resourceAttributes", reason: "FieldValueInvalid",
                        message:
                            "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
                    )
                ])
        }
        let identity = resource == .selfAccessReviews ? asker : Self.subject(spec)
        let request = AccessRequest(spec)
        let reason = Authorizer(store: store).reason(identity, request)
        let isAllowed = identity.isAllPowerful || reason != nil
        var status: JSONValue = ["allowed": .bool(isAllowed)]
        if let reason { status.put(.string(reason), "reason") }
        answer.put(status, "status")
        return answer
    }

    private static func subject(_ spec: JSONValue) -> Identity {
        var extra: [String: [String]] = [:]
        for (key, values) in spec.fields("extra") { extra[key] = values.array?.compactMap(\.string) }
        return Identity(
            username: spec.text("user") ?? "", uid: spec.text("uid") ?? "",
            groups: spec.list("groups").compactMap(\.string), extra: extra)
    }
}
