// SPDX-License-Identifier: Apache-2.0
import Admission
import Buffers
import FuzzDriver
import Injection
import JSON
import KubernetesAPI
import OpenSSL
import Policies

@main
enum FuzzAdmissionReview {
    static func main() { fuzz(fuzzOne) }
}

/// Sends any bytes to every endpoint: an answer must come out that an API server can read, and a patch must apply to the
/// pod it was made for and leave nothing to a second look.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        for endpoint in AdmissionEndpoint.allCases { try look(at: bytes, endpoint) }
    } catch {
        fatalError("\(error)")
    }
    return 0
}

private func look(at bytes: [UInt8], _ endpoint: AdmissionEndpoint) throws {
    let answer = reviewer.answer(endpoint, ByteBuffer(bytes), parser: try JSONParser())
    precondition(answer.status == 200 || answer.status == 400, "status \(answer.status)")
    guard answer.status == 200 else { return precondition(answer.outcome == .malformed) }
    let written = try JSONValue(parsing: answer.body)
    precondition(written["response"]?["uid"]?.string == answer.uid, "another uid came back")
    precondition(written["response"]?["allowed"] == .bool(answer.outcome != .denied))
    guard let patch = written["response"]?["patch"]?.string else {
        return precondition(answer.outcome != .patched)
    }
    guard let operations = Base64.decode(patch) else { fatalError("the patch is no base64") }
    // Doubled keys reach podmint never: the API server's own reading has dropped them.
    guard var review = try? JSONValue(parsing: bytes), let pod = review["request"]?["object"] else { return }
    let patched = try JSONPatch(parsing: JSONValue(parsing: operations)).applied(to: pod)
    review["request"]?["object"] = patched
    let second = reviewer.answer(endpoint, ByteBuffer(review.serialized()), parser: try JSONParser())
    precondition(second.outcome == .allowed, "a second look wants more: \(second)")
}

private let world = SmallWorld()
private let reviewer = AdmissionReviewer(
    injection: {
        InjectionContext(
            agentImage: "registry.example/podmint-agent:1.0", server: "https://podmint:8444", trust: "PEM",
            policies: world.catalog,
            userSecret: { name, namespace in world.secret(name, in: namespace).asNamedByPolicy })
    },
    facts: world,
    certificates: CertificateReview(
        facts: world, clusterDomain: "cluster.local", trustDomain: "cluster.local",
        clock: { Timestamp(secondsSinceEpoch: SmallWorld.now) }), references: world.catalog)
