// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol
internal import Sockets

/// What the volume holds, in terms of what to do about it.
enum PublishedState {
    case good(CertificateSet, RenewalSchedule)
    /// It works, and it is time for the next one.
    case renewable(String)
    /// Missing, broken or not valid now.
    case unusable(String)

    init(directory path: String, configuration: AgentConfiguration, at now: Int64) {
        let set: CertificateSet
        do throws(SetFault) { set = try Self.read(path) } catch {
            self = .unusable("\(error)")
            return
        }
        if let fault = set.fault(at: now) {
            self = .unusable("\(fault)")
            return
        }
        let schedule = set.schedule(lifetime: configuration.lifetime, renewBefore: configuration.renewBefore)
        self =
            schedule.isDue(at: now)
            ? .renewable("the certificate, valid to \(UTCTime.text(schedule.notAfter)), is due for renewal")
            : .good(set, schedule)
    }

    static func read(_ path: String) throws(SetFault) -> CertificateSet {
        let directory: Directory
        do throws(SystemCallError) { directory = try Directory.open(path) } catch {
            throw .unreadable(path, "\(error)")
        }
        return try PublishedFiles.read(in: directory)
    }
}
