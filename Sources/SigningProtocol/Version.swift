// SPDX-License-Identifier: Apache-2.0

/// The one version that server, agent and manifests share (Semantic Versioning 2.0).
package enum Version {
    package static let current = "0.1.0"
}
