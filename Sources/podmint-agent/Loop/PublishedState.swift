// SPDX-License-Identifier: Apache-2.0
internal import SigningProtocol
internal import Sockets

/// What the volume holds, in terms of what to do about it.
enum PublishedState {
    case good(CertificateSet, RenewalSchedule)
    /// It works, and it is time for the next one.
    case renewable(CertificateSet, String)
    /// Missing, broken or not valid now.
    case unusable(String)
    /// It cannot be told from here, for a lack of this process: what is there stays.
    case unknown(String)

    init(_ settings: CertificateSettings, at now: Int64) {
        let set: CertificateSet
        do throws(SetFault) { set = try Self.read(settings.directory, settings.layout) } catch {
            if case .noRoom = error { self = .unknown("\(error)") } else { self = .unusable("\(error)") }
            return
        }
        if let fault = set.fault(at: now) {
            self = .unusable("\(fault)")
            return
        }
        let schedule = set.schedule(lifetime: settings.lifetime, renewBefore: settings.renewBefore)
        self =
            schedule.isDue(at: now)
            ? .renewable(
                set, "the certificate, valid to \(UTCTime.text(schedule.notAfter)), is due for renewal")
            : .good(set, schedule)
    }

    static func read(_ path: String, _ layout: PublicationLayout = .standard) throws(SetFault)
        -> CertificateSet
    {
        try PublishedFiles.read(in: try open(path), layout)
    }

    static func open(_ path: String) throws(SetFault) -> Directory {
        do throws(SystemCallError) { return try Directory.open(path) } catch {
            throw .unreadable(path, "\(error)")
        }
    }
}
