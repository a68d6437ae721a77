// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL

/// Issues certificates on one core and says how long each takes. Built only by hack/bench: it ships with nothing.
@main
enum Main {
    static func main() throws {
        let now: Int64 = 1_700_000_000
        let (authority, key) = try CertificateIssuer.selfSigned(
            commonName: "bench", algorithm: .ecdsaP256, notBefore: now, notAfter: now + 86_400 * 365,
            pathLength: 0)
        let issuer = try CertificateIssuer(certificate: authority, key: key)
        let names = [SubjectAlternativeName.dns("app.bench.svc"), .ip([10, 0, 0, 1])]
        let template = LeafTemplate(
            names: names, notBefore: now, notAfter: now + 86_400, usages: [.serverAuth, .clientAuth],
            commonName: nil)
        let request = try SigningRequest.create(key: PrivateKey.generate(.ecdsaP256), names: [])

        try measure("key, certificate and both as PEM") {
            let key = try PrivateKey.generate(.ecdsaP256)
            let certificate = try issuer.issue(template, for: key.publicKey)
            return key.pem().count + certificate.pem.utf8.count
        }
        let known = try PrivateKey.generate(.ecdsaP256).publicKey
        try measure("certificate for a key at hand") { try issuer.issue(template, for: known).der.count }
        try measure("key alone") { try PrivateKey.generate(.ecdsaP256).publicKey.equals(known) ? 0 : 1 }
        try measure("request verified, certificate as PEM") {
            try issuer.issue(template, for: SigningRequest(der: request).publicKey).pem.utf8.count
        }
    }

    private static func measure(_ name: String, _ once: () throws -> Int) throws {
        var times: [Double] = []
        for _ in 0..<7 {
            let start = cpuSeconds()
            var bytes = 0
            for _ in 0..<1000 { bytes += try once() }
            times.append((cpuSeconds() - start) / 1000)
            precondition(bytes > 0)
        }
        let seconds = times.sorted()[3]
        print("\(name): \((seconds * 1e6).rounded()) µs, \(Int(1 / seconds)) a second on one core")
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
