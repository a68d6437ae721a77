// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint

@Suite struct ListenerLimitsTests {
    @Test func `what peers may make the process hold is below the container's limit`() throws {
        #expect(ListenerLimits.bytes < ListenerLimits.container)
        // The comment's sum.
        #expect(ListenerLimits.bytes / 1024 / 1024 == 488)
        let deployment = try #require(
            InstallManifests(options: InstallOptions()).objects.first { $0["kind"] == "Deployment" })
        let container = deployment.at("spec", "template", "spec", "containers")?[0]
        #expect(container?.at("resources", "limits", "memory") == "512Mi")
        #expect(ListenerLimits.container == 512 * 1024 * 1024)
    }
}
