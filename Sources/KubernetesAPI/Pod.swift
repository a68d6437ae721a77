// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A pod as the signer and the caches see it: identity, where it runs, how others reach it, and the containers
/// and volumes that show whether podmint's agent is in it.
package struct Pod: Sendable {
    /// `status.phase`.
    package enum Phase: String, Sendable {
        case pending = "Pending"
        case running = "Running"
        case succeeded = "Succeeded"
        case failed = "Failed"
        case unknown = "Unknown"

        /// Nothing runs in it any more and nothing ever will.
        package var isTerminal: Bool { self == .succeeded || self == .failed }
    }

    package var metadata: RecordMetadata
    package var serviceAccountName: String
    /// Nil until it is scheduled.
    package var nodeName: String?
    package var hostname: String?
    package var subdomain: String?
    package var usesHostNetwork: Bool
    package var phase: Phase
    /// Both families, in the order of `status.podIPs`; empty until the node has reported them.
    package var addresses: [String]
    /// Of the node that runs it, both families; empty until the node has reported them.
    package var hostAddresses: [String]
    package var initContainers: [PodContainer]
    package var containers: [PodContainer]
    package var volumes: [PodVolume]
    /// What made it, where it says so: for messages, never for a decision.
    package var controller: ObjectReference?

    package init(
        metadata: RecordMetadata, serviceAccountName: String = "default", nodeName: String? = nil,
        hostname: String? = nil, subdomain: String? = nil, usesHostNetwork: Bool = false,
        phase: Phase = .pending, addresses: [String] = [],
        hostAddresses: [String] = [], initContainers: [PodContainer] = [],
        containers: [PodContainer] = [], volumes: [PodVolume] = []
    ) {
        self.metadata = metadata
        self.serviceAccountName = serviceAccountName
        self.nodeName = nodeName
        self.hostname = hostname
        self.subdomain = subdomain
        self.usesHostNetwork = usesHostNetwork
        self.phase = phase
        self.addresses = addresses
        self.hostAddresses = hostAddresses
        self.initContainers = initContainers
        self.containers = containers
        self.volumes = volumes
    }

    package init(_ object: JSONView) throws(RecordError) {
        metadata = try RecordMetadata(of: object, kind: "Pod")
        guard let spec = object["spec"] else { throw RecordError(kind: "Pod", field: "spec") }
        // The API server's ServiceAccount admission fills it in; an account that is unknown must match nobody.
        serviceAccountName = spec["serviceAccountName"]?.string ?? ""
        nodeName = spec["nodeName"]?.string.nonEmpty
        hostname = spec["hostname"]?.string.nonEmpty
        subdomain = spec["subdomain"]?.string.nonEmpty
        usesHostNetwork = spec["hostNetwork"]?.bool ?? false
        let status = object["status"]
        phase = status?["phase"]?.string.flatMap(Phase.init(rawValue:)) ?? .unknown
        addresses = []
        if let listed = status?["podIPs"] {
            addresses = listed.elements.compactMap { $0["ip"]?.string.nonEmpty }
        }
        if addresses.isEmpty, let only = status?["podIP"]?.string.nonEmpty { addresses = [only] }
        hostAddresses = []
        if let listed = status?["hostIPs"] {
            hostAddresses = listed.elements.compactMap { $0["ip"]?.string.nonEmpty }
        }
        if hostAddresses.isEmpty, let only = status?["hostIP"]?.string.nonEmpty { hostAddresses = [only] }
        initContainers = spec["initContainers"]?.elements.map(PodContainer.init) ?? []
        containers = spec["containers"]?.elements.map(PodContainer.init) ?? []
        volumes = spec["volumes"]?.elements.map(PodVolume.init) ?? []
        controller = ObjectReference(controllerOf: object, in: metadata.namespace)
    }
}

extension String? {
    /// Kubernetes writes "unset" both as absent and as empty.
    var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
