// SPDX-License-Identifier: Apache-2.0
package import KubernetesAPI
package import OpenSSL
package import Policies
package import SigningProtocol

/// The right to one signature: made by `Authorisation` alone, used up by the signer. It cannot be copied, kept or
/// built anywhere else, so nothing can be signed that was not authorised right before.
package struct AuthorisedIssuance: ~Copyable, Sendable {
    package let request: CheckedRequest
    package let pod: Pod
    package let decision: LeafDecision
    package let lifetime: CertificateLifetime
    package let authority: Authority
    /// What the pod must trust: the authority, and what its policy adds.
    package let bundle: [Certificate]

    fileprivate init(
        request: CheckedRequest, pod: Pod, decision: LeafDecision, lifetime: CertificateLifetime,
        authority: Authority, bundle: [Certificate]
    ) {
        self.request = request
        self.pod = pod
        self.decision = decision
        self.lifetime = lifetime
        self.authority = authority
        self.bundle = bundle
    }
}

/// The one place where it is decided that a pod gets a certificate, right before it is signed: everything that
/// admission or the endpoint saw earlier is advice by then, and is decided again from the live pod.
///
/// Settings come from the pod's immutable spec. Labels and annotations can be changed by whoever may patch a pod;
/// of these only the labels count, through what Services select by them now. The pod is read live. Services, namespaces
/// that are opted in, TLSPolicies and ClusterAuthorities come from caches that watches keep current; the authority's
/// Secret was read within the last half minute.
package struct Authorisation: Sendable {
    private let api: any PodAuthorityAPI
    private let authorities: PolicyAuthorities
    private let cluster: ClusterNames
    private let keys: KeyLedger

    package init(
        api: any PodAuthorityAPI, authorities: PolicyAuthorities, cluster: ClusterNames, keys: KeyLedger
    ) {
        self.api = api
        self.authorities = authorities
        self.cluster = cluster
        self.keys = keys
    }

    package func authorise(_ request: CheckedRequest) async throws(Refusal) -> AuthorisedIssuance {
        let caller = request.caller
        let pod = try await livePod(of: caller)
        do { return try await authorise(request, pod) } catch {
            // A pod of the same name is not the one that asked, and its owner not to be told.
            throw pod.metadata.uid == caller.podUID ? error.about(podOf: pod.controller) : error
        }
    }

    private func authorise(_ request: CheckedRequest, _ pod: Pod) async throws(Refusal) -> AuthorisedIssuance
    {
        let caller = request.caller
        try Self.check(pod, is: caller)
        let namespace = try await optedIn(caller.namespace)
        let agent = try InjectedAgent(in: pod, for: request.policy)
        try checkKey(of: request)
        let plan = try authorities.plan(for: request.policy, in: caller.namespace)
        if AddressWait.isWaiting(for: pod, with: request.awaitedAddresses) {
            throw .later(
                .addressPending, "\(caller.pod) has no IP address in the Kubernetes API yet, or a former one",
                hint: "the node reports it within seconds; it is tried again by itself", after: 2)
        }
        let decision = LeafDecision(
            plan: plan, pod: pod, wished: agent.wishedNames,
            services: try await services(of: caller.namespace), namespace: namespace, cluster: cluster)
        try Self.check(decision, caller, request)
        let authority = try await authorities.authority(for: plan)
        let wished = [agent.lifetime, request.wishedLifetime ?? agent.lifetime, decision.longestLifetime]
        return AuthorisedIssuance(
            request: request, pod: pod, decision: decision,
            lifetime: wished.min { $0.seconds < $1.seconds } ?? agent.lifetime, authority: authority,
            bundle: await authorities.bundle(of: authority, for: plan))
    }

    /// What was asked for and may not be had is refused by name and rule, never dropped in silence.
    private static func check(
        _ decision: LeafDecision, _ caller: PodCaller, _ request: CheckedRequest
    ) throws(Refusal) {
        guard decision.denials.isEmpty else {
            let shown = decision.denials.prefix(5).joined(separator: "; ")
            let more = decision.denials.count > 5 ? "; and \(decision.denials.count - 5) more" : ""
            throw Refusal.forbidden(
                decision.denialCode, "\(caller.pod) may not have what is asked for it: \(shown)\(more)",
                hint:
                    "podmint explain \(caller.podName) -n \(caller.namespace) lists every name and where it comes from"
            ).aboutWish()
        }
        if let refusal = RequestPolicy.refusal(
            asking: request.signingRequest.requestedNames, decided: decision.names, pod: caller.pod)
        {
            throw refusal
        }
        guard !decision.names.allowed.isEmpty else {
            throw .forbidden(
                .forbiddenName, "\(caller.pod) has no name to certify", hint: "see `podmint explain`")
        }
    }

    /// The pod that the token was made for must be the one that has its name now, and must be alive.
    private static func check(_ pod: Pod, is caller: PodCaller) throws(Refusal) {
        guard pod.metadata.uid == caller.podUID else {
            throw .forbidden(
                .podMismatch, "\(caller.pod) is another pod than the token was made for",
                hint: "a pod of the same name was created anew; only the pod that runs now gets certificates")
        }
        guard pod.metadata.namespace == caller.namespace, pod.metadata.name == caller.podName,
            pod.serviceAccountName == caller.serviceAccount
        else {
            throw .forbidden(
                .podMismatch,
                "\(caller.pod) does not run as service account \"\(caller.serviceAccount)\", whose token this is",
                hint: "use the token that is projected into the pod")
        }
        if let node = caller.nodeName, node != pod.nodeName {
            throw .forbidden(
                .podMismatch, "\(caller.pod) runs on another node than its token was made for",
                hint: "use the token that is projected into the pod")
        }
        guard !pod.metadata.isBeingDeleted else {
            throw .forbidden(
                .podGone, "\(caller.pod) is being deleted", hint: "what it has stays valid until it ends")
        }
        guard !pod.phase.isTerminal else {
            throw .forbidden(
                .podGone, "\(caller.pod) has ended (\(pod.phase.rawValue))",
                hint: "a new pod gets a new certificate")
        }
    }

    /// No pod may show up with a key that is another's, nor with the authority's.
    private func checkKey(of request: CheckedRequest) throws(Refusal) {
        guard keys.claim(request.keyDigest, for: request.caller.podUID) else {
            throw .forbidden(
                .forbiddenKey, "\(request.caller.pod) asks with a key that is not its own",
                hint: "each pod makes its own key; a key copied from elsewhere is not certified again")
        }
    }

    private func optedIn(_ namespace: String) async throws(Refusal) -> Namespace {
        let found: Namespace?
        do { found = try await api.namespace(named: namespace) } catch {
            throw .apiUnavailable("question about namespace \"\(namespace)\"")
        }
        // `audit` changes and refuses nothing: what already has a certificate keeps it current.
        guard let found, found.metadata.name == namespace, found.optIn != nil else {
            throw .forbidden(
                .namespaceNotOptedIn, "namespace \"\(namespace)\" is not opted in to podmint",
                hint:
                    "an admin does it: kubectl label namespace \(namespace) \(Namespace.injectionLabel)=enabled"
            )
        }
        return found
    }

    private func livePod(of caller: PodCaller) async throws(Refusal) -> Pod {
        let found: Pod?
        do { found = try await api.pod(named: caller.podName, in: caller.namespace) } catch {
            throw .apiUnavailable("question about \(caller.pod)")
        }
        guard let found else {
            throw .forbidden(
                .podGone, "\(caller.pod) does not exist any more", hint: "a new pod gets a new certificate")
        }
        return found
    }

    private func services(of namespace: String) async throws(Refusal) -> [Service] {
        do { return try await api.services(in: namespace) } catch {
            throw .apiUnavailable("question about the Services of \"\(namespace)\"")
        }
    }
}
