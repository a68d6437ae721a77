// SPDX-License-Identifier: Apache-2.0
package import JSON

/// The kinds whose template becomes pods.
package enum WorkloadKind: String, CaseIterable, Sendable {
    case deployment = "Deployment"
    case statefulSet = "StatefulSet"
    case daemonSet = "DaemonSet"
    case replicaSet = "ReplicaSet"
    case job = "Job"
    case cronJob = "CronJob"

    package var resource: AdmissionRequest.Resource {
        switch self {
        case .deployment: .init(group: "apps", version: "v1", resource: "deployments")
        case .statefulSet: .init(group: "apps", version: "v1", resource: "statefulsets")
        case .daemonSet: .init(group: "apps", version: "v1", resource: "daemonsets")
        case .replicaSet: .init(group: "apps", version: "v1", resource: "replicasets")
        case .job: .init(group: "batch", version: "v1", resource: "jobs")
        case .cronJob: .init(group: "batch", version: "v1", resource: "cronjobs")
        }
    }

    package init?(resource: AdmissionRequest.Resource) {
        guard let kind = Self.allCases.first(where: { $0.resource == resource }) else { return nil }
        self = kind
    }

    /// `spec.template`
    package var templatePath: String {
        self == .cronJob ? "spec.jobTemplate.spec.template" : "spec.template"
    }
}

/// A workload as it stands in a review or a manifest, read in place.
package struct WorkloadView {
    package let kind: WorkloadKind
    package let metadata: ObjectMeta
    package let template: PodView
    /// The names its pods will have; nil where nobody can know them beforehand.
    package let pods: StatefulPods?

    /// Nil where there is no template: the API server says so better.
    package init?(_ object: JSONView, kind: WorkloadKind) {
        let spec = object["spec" as StaticString]
        let holder = kind == .cronJob ? spec?.at("jobTemplate", "spec") : spec
        guard let template = holder?["template" as StaticString], template.isObject else { return nil }
        self.kind = kind
        let metadata = ObjectMeta(of: object)
        self.metadata = metadata
        self.template = PodView(template)
        pods = kind == .statefulSet ? spec.map { StatefulPods($0, name: metadata.name ?? "") } : nil
    }
}

/// What a StatefulSet calls its pods: `<name>-<ordinal>`, reached under `<serviceName>`.
package struct StatefulPods: Hashable, Sendable {
    package let name: String
    package let serviceName: String
    package let replicas: Int64
    package let firstOrdinal: Int64

    init(_ spec: JSONView, name: String) {
        self.name = name
        serviceName = spec["serviceName" as StaticString]?.string ?? ""
        // Both have these defaults in the API; what is negative or absurd is refused there.
        replicas = min(max(spec["replicas" as StaticString]?.integer ?? 1, 0), Int64(Int32.max))
        firstOrdinal = min(max(spec.at("ordinals", "start")?.integer ?? 0, 0), Int64(Int32.max))
    }

    package init(name: String, serviceName: String, replicas: Int64, firstOrdinal: Int64 = 0) {
        self.name = name
        self.serviceName = serviceName
        self.replicas = replicas
        self.firstOrdinal = firstOrdinal
    }

    /// The names of the first so many pods.
    package func podNames(atMost limit: Int) -> [String] {
        (0..<min(replicas, Int64(limit))).map { "\(name)-\(firstOrdinal + $0)" }
    }
}
