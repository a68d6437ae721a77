// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI
internal import Validation

/// The names that Services of one namespace give to pods, found once for each set of labels: one review asks for many pods
/// of few workloads, and walks through all Services each time.
final class SelectingServices {
    /// A certificate carries no more names than these have.
    static let most = 100

    struct Names {
        var wanted: [WantedName] = []
        /// More Services select the pods than names are looked for.
        var isCutShort = false
    }

    private let services: [Service]
    private let clusterDomain: String
    private var known: [[String: String]: Names] = [:]

    init(_ services: [Service], clusterDomain: String) {
        self.services = services
        self.clusterDomain = clusterDomain
    }

    /// How often all Services were walked through.
    var labelsLookedFor: Int { known.count }

    /// Each Service that selects pods of those labels.
    func names(selecting labels: [String: String], in namespace: String) -> Names {
        if let names = known[labels] { return names }
        var selecting = services.filter { isOf(namespace, $0) && $0.selects(labels) }.map(\.metadata.name)
        selecting.sort()
        var names = Names(isCutShort: selecting.count > Self.most)
        names.wanted = selecting.prefix(Self.most).compactMap {
            name($0, in: namespace, reason: "Service \($0) selects the pods")
        }
        known[labels] = names
        return names
    }

    func service(_ name: String, in namespace: String) -> Service? {
        services.first { $0.metadata.name == name && isOf(namespace, $0) }
    }

    /// Of each name the form with and the one without the cluster's domain will do.
    func name(_ first: String, in namespace: String, reason: String) -> WantedName? {
        let short = "\(first).\(namespace).svc"
        return WantedName(parsing: short, or: ["\(short).\(clusterDomain)"], reason: reason)
    }

    private func isOf(_ namespace: String, _ service: Service) -> Bool {
        service.metadata.namespace == namespace && !service.metadata.isBeingDeleted
    }
}
