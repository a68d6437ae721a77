// SPDX-License-Identifier: Apache-2.0

/// What the sandbox serves without any CustomResourceDefinition: what kubectl and podmint need.
extension Resource {
    static let namespaces = Resource(
        "", "v1", "namespaces", "Namespace", namespaced: false, shortNames: ["ns"],
        subresources: ["status", "finalize"])
    static let pods = Resource(
        "", "v1", "pods", "Pod", shortNames: ["po"], categories: ["all"],
        subresources: ["status", "log", "eviction", "ephemeralcontainers", "binding"])
    static let services = Resource(
        "", "v1", "services", "Service", shortNames: ["svc"], categories: ["all"], subresources: ["status"])
    static let secrets = Resource("", "v1", "secrets", "Secret")
    static let configMaps = Resource("", "v1", "configmaps", "ConfigMap", shortNames: ["cm"])
    static let serviceAccounts = Resource(
        "", "v1", "serviceaccounts", "ServiceAccount", shortNames: ["sa"], subresources: ["token"])
    static let events = Resource("", "v1", "events", "Event", shortNames: ["ev"])
    static let newEvents = Resource("events.k8s.io", "v1", "events", "Event", shortNames: ["ev"])
    static let nodes = Resource(
        "", "v1", "nodes", "Node", namespaced: false, shortNames: ["no"], subresources: ["status"])
    static let endpoints = Resource(
        "", "v1", "endpoints", "Endpoints", shortNames: ["ep"], singular: "endpoints")
    static let endpointSlices = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")

    static let deployments = Resource(
        "apps", "v1", "deployments", "Deployment", shortNames: ["deploy"], categories: ["all"],
        subresources: ["status", "scale"])
    static let replicaSets = Resource(
        "apps", "v1", "replicasets", "ReplicaSet", shortNames: ["rs"], categories: ["all"],
        subresources: ["status", "scale"])
    static let statefulSets = Resource(
        "apps", "v1", "statefulsets", "StatefulSet", shortNames: ["sts"], categories: ["all"],
        subresources: ["status", "scale"])
    static let daemonSets = Resource(
        "apps", "v1", "daemonsets", "DaemonSet", shortNames: ["ds"], categories: ["all"],
        subresources: ["status"])
    static let jobs = Resource("batch", "v1", "jobs", "Job", categories: ["all"], subresources: ["status"])
    static let cronJobs = Resource(
        "batch", "v1", "cronjobs", "CronJob", shortNames: ["cj"], categories: ["all"],
        subresources: ["status"])
    static let leases = Resource("coordination.k8s.io", "v1", "leases", "Lease")
    static let disruptionBudgets = Resource(
        "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", shortNames: ["pdb"],
        subresources: ["status"])
    static let networkPolicies = Resource(
        "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", shortNames: ["netpol"])

    static let roles = Resource(rbac, "v1", "roles", "Role")
    static let roleBindings = Resource(rbac, "v1", "rolebindings", "RoleBinding")
    static let clusterRoles = Resource(rbac, "v1", "clusterroles", "ClusterRole", namespaced: false)
    static let clusterRoleBindings = Resource(
        rbac, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced: false)
    private static let rbac = "rbac.authorization.k8s.io"

    static let mutatingWebhooks = Resource(
        admission, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", namespaced: false,
        categories: ["api-extensions"])
    static let validatingWebhooks = Resource(
        admission, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
        namespaced: false,
        categories: ["api-extensions"])
    private static let admission = "admissionregistration.k8s.io"

    static let customResources = Resource(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
        namespaced: false,
        shortNames: ["crd", "crds"], categories: ["api-extensions"], subresources: ["status"])
    static let signingRequests = Resource(
        "certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest",
        namespaced: false,
        shortNames: ["csr"], subresources: ["status", "approval"])

    static let tokenReviews = Resource(
        "authentication.k8s.io", "v1", "tokenreviews", "TokenReview", namespaced: false, createOnly: true)
    static let selfSubjectReviews = Resource(
        "authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced: false,
        createOnly: true)
    static let accessReviews = Resource(
        "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced: false,
        createOnly: true)
    static let selfAccessReviews = Resource(
        "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview",
        namespaced: false,
        createOnly: true)

    static let builtIn: [Resource] = [
        .namespaces, .pods, .services, .secrets, .configMaps, .serviceAccounts, .events, .nodes, .endpoints,
        .deployments, .replicaSets, .statefulSets, .daemonSets, .jobs, .cronJobs, .leases, .newEvents,
        .endpointSlices,
        .disruptionBudgets, .networkPolicies, .roles, .roleBindings, .clusterRoles, .clusterRoleBindings,
        .mutatingWebhooks, .validatingWebhooks, .customResources, .signingRequests, .tokenReviews,
        .selfSubjectReviews,
        .accessReviews, .selfAccessReviews,
    ]
}
