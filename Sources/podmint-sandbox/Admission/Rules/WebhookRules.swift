// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What a webhook configuration must say; match conditions are parsed, so that a bad one is refused at once.
enum WebhookRules {
    static func faults(_ configuration: JSONValue) -> [FieldError] {
        configuration.list("webhooks").enumerated().flatMap {
            faults($0.element, at: "webhooks[\($0.offset)]")
        }
    }

    private static func faults(_ webhook: JSONValue, at field: String) -> [FieldError] {
        var faults: [FieldError] = []
        let name = webhook.text("name") ?? ""
        if name.isEmpty {
            faults.append(.required("\(field).name"))
        } else if name.split(separator: ".").count < 3 || !NameRules.isSubdomain(name) {
            faults.append(
                .invalid(
                    "\(field).name", name, "should be a domain with at least three segments separated by dots"
                ))
        }
        if let effects = webhook.text("sideEffects") {
            if !["None", "NoneOnDryRun"].contains(effects) {
                faults.append(.notSupported("\(field).sideEffects", effects, ["None", "NoneOnDryRun"]))
            }
        } else {
            faults.append(.required("\(field).sideEffects", "must specify one of None, NoneOnDryRun"))
        }
        let timeout = webhook.number("timeoutSeconds") ?? 10
        if timeout < 1 || timeout > 30 {
            faults.append(
                .invalid(
                    "\(field).timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds"))
        }
        let url = webhook.text("clientConfig", "url")
        if (url == nil) == (webhook.find("clientConfig", "service") == nil) {
            faults.append(.required("\(field).clientConfig", "exactly one of url or service is required"))
        }
        if let url {
            let scheme = url.prefix { $0 != ":" }
            if scheme != "https" {
                faults.append(
                    .invalid(
                        "\(field).clientConfig.url", String(scheme),
                        "'https' is the only allowed URL scheme; desired format: https://host[/path]"))
            }
            if let question = url.firstIndex(of: "?") {
                faults.append(
                    .invalid(
                        "\(field).clientConfig.url", String(url[url.index(after: question)...]),
                        "query parameters are not permitted in the URL"))
            }
        }
        if webhook.list("admissionReviewVersions").isEmpty {
            faults.append(.required("\(field).admissionReviewVersions", "must specify one of v1, v1beta1"))
        }
        for (index, condition) in webhook.list("matchConditions").enumerated() {
            let expression = condition.text("expression") ?? ""
            do throws(ExpressionError) {
                _ = try Expression(parsing: expression)
            } catch {
                faults.append(
                    .invalid("\(field).matchConditions[\(index)].expression", expression, error.description))
            }
        }
        return faults
    }
}
