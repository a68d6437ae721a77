// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

struct TenantRolesTests {
    private let roles = TenantRoles(options: InstallOptions()).objects

    private func resources(_ role: JSONValue) -> [String] {
        (role["rules"]?.array ?? []).flatMap { $0["resources"]?.array ?? [] }.compactMap(\.string)
    }

    private func targets(_ role: JSONValue) -> [String] {
        let prefix = "rbac.authorization.k8s.io/aggregate-to-"
        return (role.at("metadata", "labels")?.object ?? [:]).compactMap { key, value in
            key.hasPrefix(prefix) && value == "true" ? String(key.dropFirst(prefix.count)) : nil
        }
    }

    @Test
    func
        `who may look may look at both kinds, and who may edit writes policies, never an authority or a status`()
        throws
    {
        #expect(roles.map { $0.at("metadata", "name") } == ["podmint-view", "podmint-edit"])
        #expect(roles.map(targets) == [["view", "edit", "admin"], ["edit", "admin"]])
        #expect(resources(roles[0]) == ["tlspolicies", "clusterauthorities"])
        #expect(roles[0]["rules"]?.array?.first?["verbs"] == ["get", "list", "watch"])
        #expect(resources(roles[1]) == ["tlspolicies"])
        let verbs = roles[1]["rules"]?.array?.first?["verbs"]?.array?.compactMap(\.string) ?? []
        #expect(Set(verbs) == ["create", "update", "patch", "delete", "deletecollection"])
    }

    @Test func `they are part of what is installed, and bound to nobody`() {
        let objects = InstallManifests(options: InstallOptions()).objects
        #expect(roles.allSatisfy(objects.contains))
        let bound = objects.compactMap { $0.at("roleRef", "name")?.string }
        #expect(!bound.contains("podmint-view") && !bound.contains("podmint-edit"))
    }
}
