// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import YAML

/// An apply patch is YAML by name; kubectl sends the JSON that YAML contains.
enum RequestYAML {
    static func parse(_ bytes: [UInt8]) throws(APIError) -> JSONValue {
        if let value = try? JSONValue(parsing: bytes) { return value }
        do {
            let documents = try YAMLDocuments.parse(bytes)
            guard documents.count == 1, let document = documents.first else {
                throw APIError.badRequest("the body holds \(documents.count) documents, wanted one")
            }
            return document
        } catch let error as APIError {
            throw error
        } catch {
            throw .badRequest("error decoding YAML: \(error)")
        }
    }
}
