// SPDX-License-Identifier: Apache-2.0
import JSON
import OpenSSL
import Testing
import Validation
import YAML

@testable import podmint

struct InspectionReportTests {
    @Test func `JSON and YAML carry faults and facts`() throws {
        let files = try InspectionFixture(leafDays: -3)
        let report = InspectionReport([
            try files.inspect(files.leaf.pem + files.middle.pem + files.root.pem, usage: .server)
        ])
        #expect(!report.isValid)
        let value = try JSONValue(parsing: report.rendered(as: .json, .plain))
        #expect(value["valid"] == false)
        #expect(value["faults"]?.array?.map { $0["code"] } == ["Expired", "RootInChain"])
        let facts = try #require(value["certificates"]?.array)
        #expect(facts.map { $0["role"] } == ["leaf", "issuer", "issuer"])
        #expect(facts[0]["names"] == ["web.shop.svc", "10.0.0.7"])
        #expect(facts[0]["serial"] == .string(files.leaf.serialHex) && facts[0]["object"] == "web.pem")
        #expect(facts[0]["extendedKeyUsage"] == ["server auth"] && facts[1]["isCA"] == true)
        #expect(try YAMLDocuments.parse(report.rendered(as: .yaml, .plain)) == [value])
    }
}
