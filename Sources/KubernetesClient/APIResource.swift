// SPDX-License-Identifier: Apache-2.0

/// A kind of object as the API's paths name it.
package struct APIResource: Hashable, Sendable {
    package let group: String
    package let version: String
    package let plural: String
    package let isNamespaced: Bool

    package init(group: String, version: String, plural: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.plural = plural
        self.isNamespaced = isNamespaced
    }

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `namespace` is left out of the path of cluster-scoped resources, and of lists over all namespaces.
    package func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/\(PercentEncoding.encode(namespace))" }
        path += "/\(plural)"
        if let name { path += "/\(PercentEncoding.encode(name))" }
        if let subresource { path += "/\(subresource)" }
        return path
    }
}

extension APIResource {
    package static let pods = core("pods")
    package static let services = core("services")
    package static let secrets = core("secrets")
    package static let configMaps = core("configmaps")
    package static let serviceAccounts = core("serviceaccounts")
    package static let namespaces = core("namespaces", isNamespaced: false)
    package static let limitRanges = core("limitranges")
    package static let events = core("events")
    package static let leases = APIResource(
        group: "coordination.k8s.io", version: "v1", plural: "leases", isNamespaced: true)
    package static let endpointSlices = APIResource(
        group: "discovery.k8s.io", version: "v1", plural: "endpointslices", isNamespaced: true)
    package static let replicaSets = APIResource(
        group: "apps", version: "v1", plural: "replicasets", isNamespaced: true)
    package static let deployments = APIResource(
        group: "apps", version: "v1", plural: "deployments", isNamespaced: true)
    package static let roleBindings = APIResource(
        group: "rbac.authorization.k8s.io", version: "v1", plural: "rolebindings", isNamespaced: true)
    package static let mutatingWebhookConfigurations = cluster(
        "admissionregistration.k8s.io", "mutatingwebhookconfigurations")
    package static let validatingWebhookConfigurations = cluster(
        "admissionregistration.k8s.io", "validatingwebhookconfigurations")
    package static let certificateSigningRequests = cluster(
        "certificates.k8s.io", "certificatesigningrequests")
    package static let tokenReviews = cluster("authentication.k8s.io", "tokenreviews")
    package static let subjectAccessReviews = cluster("authorization.k8s.io", "subjectaccessreviews")
    package static let selfSubjectAccessReviews = cluster("authorization.k8s.io", "selfsubjectaccessreviews")
    package static let customResourceDefinitions = cluster(
        "apiextensions.k8s.io", "customresourcedefinitions")
    package static let tlsPolicies = APIResource(
        group: "podmint.dev", version: "v1alpha1", plural: "tlspolicies", isNamespaced: true)
    package static let clusterAuthorities = APIResource(
        group: "podmint.dev", version: "v1alpha1", plural: "clusterauthorities", isNamespaced: false)

    private static func core(_ plural: String, isNamespaced: Bool = true) -> APIResource {
        APIResource(group: "", version: "v1", plural: plural, isNamespaced: isNamespaced)
    }

    private static func cluster(_ group: String, _ plural: String) -> APIResource {
        APIResource(group: group, version: "v1", plural: plural, isNamespaced: false)
    }
}

/// RFC 3986: everything but unreserved characters becomes `%XX`.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }

    static func query(_ items: [(String, String?)]) -> String {
        let pairs = items.compactMap { name, value in value.map { "\(name)=\(encode($0))" } }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
