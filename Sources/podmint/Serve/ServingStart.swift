// SPDX-License-Identifier: Apache-2.0
internal import Issuance
internal import JSON
internal import KubernetesClient
internal import Logging

/// Finds what podmint shows at its listeners: the files of those who bring their own, else its own
/// authority's certificate, made or read from the cluster.
struct ServingStart {
    let configuration: ServeConfiguration
    let client: APIClient
    let readiness: Readiness
    let logger: Logger

    func source(_ secrets: AuthoritySecret) async throws -> any ServingSource {
        if let files = configuration.ownCertificate { return try ServingFiles(files) }
        let hosts = ServingCertificate.hosts(configuration)
        while true {
            _ = try await obtain(.serving, from: secrets, for: .servingCertificate)
            // Once more and whole: a rotation may be going on, or have left a chain.
            do {
                let secret = try await client.raw(
                    APIResource.secrets.path(
                        namespace: configuration.namespace, name: ServingAuthorities.description.secret))
                let authorities = try ServingAuthorities(JSONDocument(secret).root, at: SystemTime.now)
                return try ManagedServing(
                    authorities, hosts: hosts, client: client, namespace: configuration.namespace)
            } catch let error
                where error is KubernetesError || (error as? AuthorityError)?.isTransient == true
            {
                logger.warning("cannot read the serving CA", failure: error)
                readiness.miss(.servingCertificate, "\(error)")
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Again and again: podmint may be up before its namespace, its rights or the API server.
    private func obtain(
        _ description: AuthorityDescription, from secrets: AuthoritySecret, for condition: Readiness.Condition
    ) async throws -> Authority {
        // Cheap to ask, and somebody is waiting: most often the namespace is about to be created.
        var row = FailureRow(backoff: Backoff(first: .milliseconds(300), longest: .seconds(3)))
        while true {
            do throws(AuthorityError) { return try await secrets.obtain(description) } catch {
                let (isNews, wait) = row.failed(error)
                if isNews { logger.warning("no authority yet", failure: error, ["hint": "\(error.hint)"]) }
                readiness.miss(condition, "\(error)")
                try await Task.sleep(for: wait)
            }
        }
    }
}
