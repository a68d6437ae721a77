// SPDX-License-Identifier: Apache-2.0
internal import JSON

/// Takes in CustomResourceDefinitions: a moment after one is stored it is served, and its conditions say so.
struct DefinitionController {
    let cluster: Cluster

    func reconcile(_ key: ObjectKey) -> Bool {
        guard let definition = cluster.store.object(Resource.customResources.shelf, key),
            !definition.isBeingDeleted
        else { return true }
        cluster.registry.define(definition)
        let stored = definition.list("spec", "versions").filter { $0.flag("storage") }.compactMap {
            $0.text("name")
        }
        cluster.store.change(.customResources, key) { definition in
            let names = definition.find("spec", "names") ?? [:]
            definition.put(names, "status", "acceptedNames")
            definition.put(.texts(stored), "status", "storedVersions")
            guard definition.condition("Established") == nil else { return }
            definition.put(.array(Self.conditions(cluster.surroundings.now)), "status", "conditions")
        }
        return true
    }

    private static func conditions(_ now: String) -> [JSONValue] {
        [
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        ].map { type, reason, message in
            [
                "type": .string(type), "status": "True", "lastTransitionTime": .string(now),
                "reason": .string(reason), "message": .string(message),
            ]
        }
    }
}
