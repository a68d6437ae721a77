// SPDX-License-Identifier: Apache-2.0
import OpenSSL
import Testing

@testable import Policies

@Suite struct NameTemplateTests {
    private let values: (NameVariable) -> [String] = { variable in
        switch variable {
        case .podName: ["Es-0"]
        case .podIP: ["10.0.0.1", "fd00::1"]
        default: []
        }
    }

    @Test func `variables are filled in, once for each value`() throws {
        let dns = try #require(NameTemplate(.dns, parsing: "${POD_NAME}.es.example"))
        #expect(dns.names(values) == [.success(.dns("es-0.es.example"))])
        let addresses = try #require(NameTemplate(.ip, parsing: "${POD_IP}"))
        #expect(addresses.names(values).count == 2)
        let absent = try #require(NameTemplate(.dns, parsing: "${POD_SUBDOMAIN}.example"))
        #expect(absent.names(values).isEmpty)
    }

    @Test func `a variable has one value within one name`() throws {
        let twice = try #require(NameTemplate(.uri, parsing: "https://x/${POD_IP}/${POD_IP}"))
        #expect(
            twice.names(values) == [
                .success(.uri("https://x/10.0.0.1/10.0.0.1")), .success(.uri("https://x/fd00::1/fd00::1")),
            ])
        // Two values for each of sixty would be more names than there is memory for.
        let many = try #require(
            NameTemplate(.uri, parsing: "https://x/" + String(repeating: "${POD_IP}", count: 60)))
        #expect(many.names(values).count == 2)
    }

    @Test func `what is filled in must still be a name`() throws {
        let template = try #require(NameTemplate(.dns, parsing: "${POD_NAME}.es.example"))
        #expect(template.names { _ in ["a b"] } == [.failure(.init(text: "a b.es.example"))])
    }

    @Test(arguments: ["", "$", "${", "${POD_NAME", "${pod_name}", "$POD_NAME", "a..b", "a b", "ä.example"])
    func `refuses what can be no name`(text: String) {
        #expect(NameTemplate(.dns, parsing: text) == nil)
    }
}
