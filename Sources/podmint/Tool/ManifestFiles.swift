// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesClient
internal import YAML

/// The documents of `-f FILE…|-`, YAML or JSON (which is YAML), in their order; the items of a `List` one by one.
struct ManifestFiles {
    struct Document {
        /// `web.yaml`, or `standard input`.
        let source: String
        let object: JSONValue
    }

    let documents: [Document]

    /// All files together: 16 MiB, twice the largest release manifests of well-known operators.
    static let maximumBytes = YAMLDocuments.maximumSize

    init(reading paths: [String]) throws(ToolFailure) {
        var documents: [Document] = []
        for path in paths {
            let source = path == "-" ? "standard input" : path
            let bytes = path == "-" ? try Self.standardInput() : try Self.contents(of: path)
            documents += try Self.documents(bytes, source: source)
        }
        self.documents = documents
    }

    static func documents(_ bytes: [UInt8], source: String) throws(ToolFailure) -> [Document] {
        let parsed: [JSONValue]
        do { parsed = try YAMLDocuments.parse(bytes) } catch {
            throw .failed("\(source), \(error)", hint: "it must be YAML or JSON, as kubectl takes it")
        }
        var documents: [Document] = []
        for value in parsed where !value.isNull {
            guard value.object != nil else {
                throw .failed(
                    "\(source) holds a document that is no object",
                    hint: "each has apiVersion, kind and metadata")
            }
            if value["kind"]?.string == "List", let items = value["items"]?.array {
                documents += items.map { Document(source: source, object: $0) }
            } else {
                documents.append(Document(source: source, object: value))
            }
        }
        return documents
    }

    private static func contents(of path: String) throws(ToolFailure) -> [UInt8] {
        do { return try SmallFile.read(path, limit: maximumBytes) } catch {
            throw .failed("cannot read \(error)", hint: "name a file that is there, or - for standard input")
        }
    }

    private static func standardInput() throws(ToolFailure) -> [UInt8] {
        do { return try SmallFile.readStandardInput(limit: maximumBytes) } catch {
            throw .failed("cannot read \(error)", hint: "pipe the manifests in, or name files")
        }
    }
}
