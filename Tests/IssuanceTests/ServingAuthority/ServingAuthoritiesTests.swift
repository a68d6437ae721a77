// SPDX-License-Identifier: Apache-2.0
import JSON
import KubernetesAPI
import OpenSSL
import TestPeers
import Testing

@testable import Issuance

struct ServingAuthoritiesTests {
    /// Secret `podmint-serving` in the midst of a rotation.
    static func rotating(at now: Int64) throws -> JSONValue {
        let made = try Authority.make(ServingAuthorities.description, at: now)
        let secret: JSONValue = [
            "metadata": [
                "name": .string(ServingAuthorities.description.secret), "resourceVersion": "1",
                "labels": [AuthoritySecret.label: .string(ServingAuthorities.description.label)],
            ],
            "data": [
                "ca.crt": .string(Base64.encode(Array(made.certificate.pem.utf8))),
                "ca.key": .string(made.key.withPEM { Base64.encode(Array($0)) }),
            ],
        ]
        let authorities = try ServingAuthorities(JSONDocument(secret.serialized()).root, at: now)
        let patch = try JSONPatch(parsing: JSONValue(parsing: authorities.beginning(at: now).serialized()))
        return try patch.applied(to: secret)
    }

    /// In a process of its own: there is one secure heap. Whichever key is the one that finds no room.
    @Test func `a key that finds no room is not taken for a damaged one, nor a successor for unusable`() async
    {
        await #expect(processExitsWith: .success) {
            let document = try JSONDocument(
                ServingAuthoritiesTests.rotating(at: TestClock.start).serialized())
            ProcessHardening.apply(heapSize: 64 * 1024)
            let filling = FilledHeap(pieces: [32])
            var (refusals, others) = (0, 0)
            repeat {
                do throws(AuthorityError) {
                    let found = try ServingAuthorities(document.root, at: TestClock.start)
                    if case .waiting = found.successor { break }
                    others += 1
                } catch {
                    if case .noRoom = error { refusals += 1 } else { others += 1 }
                }
            } while filling.giveBackOne()
            #expect(refusals > 1 && others == 0)
        }
    }
}
