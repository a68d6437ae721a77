// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Policies

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("a*", "abc", true), ("a*", "a", false), ("*c", "abc", true), ("a*c*e", "abcde", true),
        ("a*c", "ac", false), ("*", "", false), ("abc", "abc", true), ("ab", "abc", false),
        ("*ab", "aab", true),
        ("*ab", "abab", true), ("a*b*", "aabb", true), ("x*b*", "xab", false),
    ])
    func `a star is one or more characters`(pattern: String, text: String, expected: Bool) throws {
        let found = try #require(NamePattern(parsing: "\(pattern).example", as: .dns))
        #expect(found.matches("\(text).example") { _ in [] } == expected)
    }

    @Test(arguments: [
        ("https://*.example.com/*", "https://a.example.com/x", true),
        ("https://*.example.com/*", "https://a.example.com/x.y~1", true),
        // To every reader of URLs each of these is another host's.
        ("https://*.example.com/*", "https://bank.com?.example.com/x", false),
        ("https://*.example.com/*", "https://bank.com#.example.com/x", false),
        ("https://*.example.com/*", "https://bank.com\\.example.com/x", false),
        ("https://*.example.com/*", "https://bank.com%2f.example.com/x", false),
        ("https://example.com*/*", "https://example.com@bank.com/x", false),
        ("https://example.com*/*", "https://example.com:8443/x", false),
        ("https://*.example.com/*", "https://a.b.example.com/x", false),
        ("https://*.example.com/*", "https://a.example.com/x/y", false),
        ("https://*.example.com/*", "https://a.example.com/x?y", false),
        ("https://example.com/team/*/a", "https://example.com/team/../a", false),
        ("https://example.com/team/*", "https://example.com/team/%2e%2e", false),
        ("https://example.com:8443/a?b=*", "https://example.com:8443/a?b=c", true),
        ("https://*", "https://a/b", false), ("https:*", "https://a", false),
        ("urn:acme:*", "urn:acme:a.b", true), ("urn:acme:*", "urn:acme:a:b", false),
        ("urn:*", "https://a.example.com/x", false),
    ])
    func `a star of a URI stays within a label of the host or a segment of the path`(
        pattern: String, uri: String, expected: Bool
    ) throws {
        #expect(try #require(NamePattern(parsing: pattern, as: .uri)).matches(uri) { _ in [] } == expected)
    }

    @Test(arguments: [
        (NamePattern.Kind.dns, "${POD_NAME}.example.com", "api.prod.example.com", false),
        (.dns, "${SERVICE_ACCOUNT}.${POD_NAMESPACE}.example.com", "web.shop.example.com", true),
        (.uri, "https://${POD_NAME}.example.com/x", "https://api.prod.example.com/x", false),
        (.uri, "https://example.com/${POD_NAME}", "https://example.com/api.prod", true),
        // What the cluster says may have separators.
        (.dns, "*.${CLUSTER_DOMAIN}", "a.cluster.local", true),
        (.uri, "https://[${POD_IP}]:8443/", "https://[2001:db8::1]:8443/", true),
    ])
    func `a value that people choose is one part`(
        kind: NamePattern.Kind, pattern: String, name: String, expected: Bool
    ) throws {
        let values: (NameVariable) -> [String] = { variable in
            switch variable {
            case .podName: ["api.prod"]
            case .serviceAccount: ["web"]
            case .podNamespace: ["shop"]
            case .clusterDomain: ["cluster.local"]
            case .podIP: ["2001:db8::1"]
            default: []
            }
        }
        #expect(try #require(NamePattern(parsing: pattern, as: kind)).matches(name, values) == expected)
    }
}
