// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// The authorities that podmint's serving certificate may come from: those admission wrote into the environment,
/// and those ConfigMap `podmint-root` has now. Either alone is enough, since the ConfigMap may come late and the
/// environment grows old.
enum TrustAnchors {
    static func read(pem: String, file: String?) throws(AgentFailure) -> [Certificate] {
        var anchors: [Certificate] = []
        var faults: [String] = []
        func add(_ text: String, from source: String) {
            do throws(PEMError) {
                for anchor in try PEM.certificates(in: text) where !anchors.contains(anchor) {
                    anchors.append(anchor)
                }
            } catch { faults.append("\(source): \(error)") }
        }
        if !pem.isEmpty { add(pem, from: AgentEnvironment.trust.name) }
        if let file {
            do throws(SystemCallError) {
                add(try TextFile.read(file, limit: ProtocolLimits.responseBytes), from: file)
            } catch { faults.append("\(file): \(error)") }
        }
        guard !anchors.isEmpty else {
            throw AgentFailure(
                .local, "no authority to trust podmint by: \(faults.joined(separator: "; "))",
                hint: "is ConfigMap podmint-root in this namespace?")
        }
        return anchors
    }
}
