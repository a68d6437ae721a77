// SPDX-License-Identifier: Apache-2.0
internal import JSON
internal import KubernetesAPI
internal import OpenSSL
internal import Synchronization
package import Telemetry

/// One line for every certificate and every denial, chained: each carries the SHA-256 of the line before it, so
/// that a line taken out or changed later is seen.
///
/// Writing is synchronous and its failure is the caller's to act on: what is not written down is not issued.
package final class AuditLog: Sendable {
    private struct Chain {
        var previous = [UInt8](repeating: 0, count: Digest.sha256Size)
        var length: Int64 = 0
    }

    private let sink: any LineSink
    /// Tells this process's chain from that of another replica or of the time before a restart.
    private let chainID: String
    private let chain = Mutex(Chain())

    package init(sink: any LineSink) {
        self.sink = sink
        chainID = Digest.hex(RandomBytes.make(8))
    }

    func write(_ entry: AuditEntry) throws(LineSinkError) {
        let failure: LineSinkError? = chain.withLock { chain in
            var line = JSONWriter()
            line.beginObject()
            line.key("audit")
            line.string(chainID)
            line.key("seq")
            line.integer(chain.length + 1)
            line.key("previous")
            line.string(Digest.hex(chain.previous))
            entry.write(to: &line)
            line.endObject()
            do throws(LineSinkError) { try sink.write(line: line.bytes + [UInt8(ascii: "\n")]) } catch {
                return error
            }
            chain.previous = Digest.sha256(line.bytes)
            chain.length += 1
            return nil
        }
        if let failure { throw failure }
    }
}

/// What one line says.
struct AuditEntry {
    enum Verdict {
        /// Written right before the authority's key is used.
        case issued(serial: String, notAfter: Int64, issuer: String, names: [SubjectAlternativeName])
        case denied(Refusal)
    }

    let time: Int64
    let requestID: String
    /// Nil where the token named no pod that one could believe.
    let caller: PodCaller?
    let policy: String
    let keyDigest: [UInt8]?
    let verdict: Verdict

    func write(to line: inout JSONWriter) {
        func field(_ key: StaticString, _ text: String) {
            line.key(key)
            line.string(text)
        }
        field("time", Timestamp(secondsSinceEpoch: time).description)
        field("request", requestID)
        if let caller {
            field("namespace", caller.namespace)
            field("pod", caller.podName)
            field("uid", caller.podUID)
            field("serviceAccount", caller.serviceAccount)
            if let node = caller.nodeName { field("node", node) }
        }
        field("policy", policy)
        if let keyDigest { field("spkiSHA256", Digest.hex(keyDigest)) }
        switch verdict {
        case .issued(let serial, let notAfter, let issuer, let names):
            field("verdict", "issued")
            field("serial", serial)
            field("notAfter", Timestamp(secondsSinceEpoch: notAfter).description)
            field("issuer", issuer)
            line.key("names")
            line.beginArray()
            for name in names { line.string(name.text) }
            line.endArray()
        case .denied(let refusal):
            field("verdict", "denied")
            field("code", refusal.code.rawValue)
            field("reason", refusal.message)
        }
    }
}
