// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// What the API server fills into a pod spec, wherever it stands (in a pod or in a template).
enum PodDefaults {
    static func apply(to spec: inout JSONValue) {
        spec.putDefault("Always", "restartPolicy")
        spec.putDefault("ClusterFirst", "dnsPolicy")
        spec.putDefault("default-scheduler", "schedulerName")
        spec.putDefault([:], "securityContext")
        spec.putDefault(30, "terminationGracePeriodSeconds")
        if let account = spec.find("serviceAccountName") {
            spec.putDefault(account, "serviceAccount")
        } else if let account = spec.find("serviceAccount") {
            spec.put(account, "serviceAccountName")
        }
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            spec.mapList(list) { container(&$0) }
        }
        spec.mapList("volumes") { volume(&$0) }
    }

    private static func container(_ container: inout JSONValue) {
        let image = container.text("image") ?? ""
        let tag = image.split(separator: "/").last?.split(separator: ":").dropFirst().last
        let isLatest = !image.contains("@") && (tag == nil || tag == "latest")
        container.putDefault("/dev/termination-log", "terminationMessagePath")
        container.putDefault("File", "terminationMessagePolicy")
        container.putDefault(isLatest ? "Always" : "IfNotPresent", "imagePullPolicy")
        container.putDefault([:], "resources")
        if let limits = container.find("resources", "limits")?.object {
            for (name, limit) in limits { container.putDefault(limit, "resources", "requests", name) }
        }
        for field in ["limits", "requests"] {
            guard let quantities = container.find("resources", field)?.object else { continue }
            for (name, quantity) in quantities {
                container.put(.string(CanonicalQuantity.text(of: quantity)), "resources", field, name)
            }
        }
        container.mapList("ports") { $0.putDefault("TCP", "protocol") }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            guard var settings = container.find(probe) else { continue }
            for (name, value) in [
                ("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1),
                ("failureThreshold", 3),
            ] as [(String, Int64)] {
                settings.putDefault(.integer(value), name)
            }
            if settings.find("httpGet") != nil {
                settings.putDefault("/", "httpGet", "path")
                settings.putDefault("HTTP", "httpGet", "scheme")
            }
            container.put(settings, probe)
        }
        container.mapList("env") { variable in
            if variable.find("valueFrom", "fieldRef") != nil {
                variable.putDefault("v1", "valueFrom", "fieldRef", "apiVersion")
            }
        }
    }

    private static func volume(_ volume: inout JSONValue) {
        for (source, mode) in [("secret", 420), ("configMap", 420), ("projected", 420), ("downwardAPI", 420)]
            as [(String, Int64)]
        where volume.find(source) != nil { volume.putDefault(.integer(mode), source, "defaultMode") }
        volume.mapList("downwardAPI", "items") { fieldRef(&$0) }
        volume.mapList("projected", "sources") { source in
            if source.find("serviceAccountToken") != nil {
                source.putDefault(3600, "serviceAccountToken", "expirationSeconds")
            }
            source.mapList("downwardAPI", "items") { fieldRef(&$0) }
        }
        if volume.find("hostPath") != nil { volume.putDefault("", "hostPath", "type") }
        if volume.object?.count == 1 { volume.put([:], "emptyDir") }
    }

    private static func fieldRef(_ item: inout JSONValue) {
        if item.find("fieldRef") != nil { item.putDefault("v1", "fieldRef", "apiVersion") }
    }
}

/// Quantities as the API server writes them back: the largest suffix that needs no fraction (1.5Gi → 1536Mi).
enum CanonicalQuantity {
    static func text(of value: JSONValue) -> String {
        switch value {
        case .integer(let number): String(number)
        case .string(let text): canonical(text)
        default: value.text
        }
    }

    private static let binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    private static func canonical(_ text: String) -> String {
        guard let suffix = binary.firstIndex(where: { text.hasSuffix($0) }),
            let number = Double(text.dropLast(2)), number * 1024 < 9e15
        else { return decimal(text) }
        var whole = number
        var power = suffix
        while whole != whole.rounded(), power > 0 {
            whole *= 1024
            power -= 1
        }
        guard whole == whole.rounded() else { return text }
        var exact = Int64(whole)
        while exact != 0, exact % 1024 == 0, power < binary.count - 1 {
            exact /= 1024
            power += 1
        }
        return "\(exact)\(binary[power])"
    }

    /// `0.1` cpu is `100m`; `1000m` is `1`.
    private static func decimal(_ text: String) -> String {
        if text.hasSuffix("m"), let milli = Int64(text.dropLast()), milli % 1000 == 0 {
            return String(milli / 1000)
        }
        if text.contains("."), let number = Double(text), (number * 1000).rounded() == number * 1000 {
            let milli = Int64(number * 1000)
            return milli % 1000 == 0 ? String(milli / 1000) : "\(milli)m"
        }
        return text
    }
}
