// SPDX-License-Identifier: Apache-2.0
import FuzzDriver
import JSON
import KubernetesAPI
import OpenSSL
import Validation

@main
enum FuzzSecret {
    static func main() { fuzz(fuzzOne) }
}

/// Judges any bytes as a whole Secret, and as each entry of one: a report must come out that can be written, with each
/// fault's texts filled in.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        if let document = try? JSONDocument(bytes) { try judge(document) }
        let data: JSONValue = .string(Base64.encode(bytes))
        try judge(["tls.crt": data, "tls.key": data, "ca.crt": data], type: "kubernetes.io/tls")
        try judge(["ca.crt": data, "ca.key": data], type: "Opaque")
    } catch {
        fatalError("\(error)")
    }
    return 0
}

private func judge(_ data: JSONValue, type: String) throws {
    let secret: JSONValue = ["type": .string(type), "metadata": ["name": "s"], "data": data]
    try judge(JSONDocument(secret.serialized()))
}

private func judge(_ document: JSONDocument) throws {
    _ = SecretMaterial.isInScope(document.root)
    _ = SecretOwnership(document.root).isControlled
    let material = SecretMaterial(of: document.root, namespace: "shop")
    let report = SecretValidator.validate(material, at: Timestamp(secondsSinceEpoch: 1_800_000_000))
    precondition(report.isValid == report.errors.isEmpty)
    precondition(report.text.isEmpty == report.faults.isEmpty)
    for fault in report.faults {
        precondition(!fault.found.isEmpty && !fault.wanted.isEmpty && !fault.fix.isEmpty, "\(fault)")
    }
    let written = try JSONValue(parsing: report.value.serialized())
    precondition(written["valid"] == .bool(report.isValid))
}
