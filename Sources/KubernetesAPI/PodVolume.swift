// SPDX-License-Identifier: Apache-2.0
package import JSON

/// A volume of a pod, as far as podmint puts such in or must recognise them.
package struct PodVolume: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        case emptyDirectory(inMemory: Bool)
        /// The tokens among its sources; what else it projects is left out.
        case projected(tokens: [Token])
        case other
    }

    package struct Token: Sendable, Hashable {
        /// Nil means the API server's own audience.
        package var audience: String?
        package var path: String

        package init(audience: String?, path: String) {
            self.audience = audience
            self.path = path
        }
    }

    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }

    package init(_ view: JSONView) {
        name = view["name"]?.string ?? ""
        if let directory = view["emptyDir"], !directory.isNull {
            source = .emptyDirectory(inMemory: directory["medium"]?.string == "Memory")
        } else if let projected = view["projected"], !projected.isNull {
            let tokens = projected["sources"]?.elements.compactMap { entry -> Token? in
                guard let token = entry["serviceAccountToken"], !token.isNull else { return nil }
                return Token(audience: token["audience"]?.string.nonEmpty, path: token["path"]?.string ?? "")
            }
            source = .projected(tokens: tokens ?? [])
        } else {
            source = .other
        }
    }
}
