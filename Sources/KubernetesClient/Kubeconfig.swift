// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import YAML

/// kubectl's configuration: clusters, users, and contexts that pair them. Of several files the first to name
/// a thing wins.
///
/// Paths inside are relative to the file that holds them. What it says of credentials is understood or
/// refused, never ignored: no commands are run, no server is trusted unseen.
package struct Kubeconfig: Sendable {
    /// A kubeconfig with certificates for a hundred clusters is below this.
    private static let maximumSize = 1024 * 1024

    /// A named entry and the folder its paths start from.
    struct Entry: Sendable {
        let body: JSONValue
        let folder: String
    }

    private(set) var clusters: [String: Entry] = [:]
    private(set) var users: [String: Entry] = [:]
    private(set) var contexts: [String: Entry] = [:]
    package private(set) var currentContext: String?

    package var contextNames: [String] { contexts.keys.sorted() }

    /// Reads those of the files that exist; at least one must.
    package init(paths: [String]) throws(ClusterAccessError) {
        var found = false
        for path in paths {
            let bytes: [UInt8]
            do { bytes = try SmallFile.read(path, limit: Self.maximumSize) } catch {
                if error.isMissing { continue }
                throw ClusterAccessError(
                    "the kubeconfig cannot be read: \(error)", hint: "check the file and its permissions")
            }
            try add(bytes, path: path)
            found = true
        }
        guard found else {
            throw ClusterAccessError(
                "there is no kubeconfig at \(paths.joined(separator: " or "))",
                hint: "name one with --kubeconfig or KUBECONFIG")
        }
    }

    /// One file's text; `path` says where it came from.
    package init(_ bytes: [UInt8], path: String) throws(ClusterAccessError) { try add(bytes, path: path) }

    /// Where kubectl would look: the `KUBECONFIG` list, else `~/.kube/config`.
    package static func paths(environment: (String) -> String?) -> [String] {
        let list = environment("KUBECONFIG").map { $0.split(separator: ":").map(String.init) } ?? []
        if !list.isEmpty { return list }
        return environment("HOME").map { ["\($0)/.kube/config"] } ?? []
    }

    private mutating func add(_ bytes: [UInt8], path: String) throws(ClusterAccessError) {
        let documents: [JSONValue]
        do { documents = try YAMLDocuments.parse(bytes) } catch {
            throw ClusterAccessError(
                "\(path) is not a kubeconfig: \(error)", hint: "kubectl config view shows how one looks")
        }
        // An empty file is an empty configuration, as kubectl has it.
        guard let config = documents.first else { return }
        guard documents.count == 1, config.object != nil, config["kind"]?.string ?? "Config" == "Config"
        else {
            throw ClusterAccessError(
                "\(path) is not a kubeconfig: wanted one document of kind Config",
                hint: "kubectl config view shows how one looks")
        }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try Self.merge(config, "clusters", "cluster", folder, into: &clusters, path)
        try Self.merge(config, "users", "user", folder, into: &users, path)
        try Self.merge(config, "contexts", "context", folder, into: &contexts, path)
        if currentContext == nil, let current = config["current-context"]?.string, !current.isEmpty {
            currentContext = current
        }
    }

    private static func merge(
        _ config: JSONValue, _ list: String, _ member: String, _ folder: String,
        into entries: inout [String: Entry], _ path: String
    ) throws(ClusterAccessError) {
        guard let named = config[list], !named.isNull else { return }
        guard let named = named.array else {
            throw ClusterAccessError(
                "\(path): \(list) is not a list", hint: "wanted - name: … with \(member): … beneath")
        }
        for (position, entry) in named.enumerated() {
            guard let name = entry["name"]?.string else {
                throw ClusterAccessError(
                    "\(path): \(list)[\(position)] has no name",
                    hint: "wanted a text; quote it if it looks like a number")
            }
            if entries[name] == nil {
                entries[name] = Entry(body: entry[member] ?? .object([:]), folder: folder)
            }
        }
    }
}

extension Kubeconfig {
    /// The way to a context's cluster; to the current one's without a name.
    package func access(context name: String? = nil) throws(ClusterAccessError) -> ClusterAccess {
        guard let name = name ?? currentContext else {
            throw ClusterAccessError(
                "the kubeconfig has no current-context",
                hint: "choose one with --context: \(Self.list(contextNames))")
        }
        guard let context = contexts[name] else {
            throw ClusterAccessError(
                "there is no context \"\(name)\" in the kubeconfig", hint: "it has \(Self.list(contextNames))"
            )
        }
        guard let clusterName = context.body["cluster"]?.string, let cluster = clusters[clusterName] else {
            throw ClusterAccessError(
                "context \"\(name)\" names the cluster \"\(context.body["cluster"]?.string ?? "")\", which is not there",
                hint: "the kubeconfig has \(Self.list(clusters.keys.sorted()))")
        }
        let userName = context.body["user"]?.string ?? ""
        guard let user = users[userName] ?? (userName.isEmpty ? Entry(body: .object([:]), folder: ".") : nil)
        else {
            throw ClusterAccessError(
                "context \"\(name)\" names the user \"\(userName)\", who is not there",
                hint: "the kubeconfig has \(Self.list(users.keys.sorted()))")
        }
        return try KubeconfigReader(
            cluster: KubeconfigSection("cluster \"\(clusterName)\"", cluster),
            user: KubeconfigSection("user \"\(userName)\"", user)
        ).access(namespace: context.body["namespace"]?.string)
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.joined(separator: ", ")
    }
}
