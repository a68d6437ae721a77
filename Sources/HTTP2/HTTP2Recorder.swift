// SPDX-License-Identifier: Apache-2.0
internal import Buffers
internal import HTTP

/// What nghttp2's callbacks saw. They only write here; `HTTP2Session` acts after the C call has returned, so
/// that nothing re-enters nghttp2.
final class HTTP2Recorder {
    let role: HTTP2Session.Role
    let limits: HTTP2Limits

    var streams: [Int32: HTTP2Stream] = [:]
    var events: [HTTP2Event] = []
    /// Streams with body bytes whose windows are to be given back (server), once each.
    var touched: [Int32] = []
    /// Streams with a `fault` to act on.
    var faulty: [Int32] = []
    /// Server: answered before the request was whole; RFC 9113 section 8.1 wants RST_STREAM(NO_ERROR).
    var answeredEarly: [Int32] = []
    /// RST_STREAM frames sent, less one for every request answered in full.
    var resetDebt = 0
    var bufferedBytes = 0
    /// How much of `limits.bufferedBytes` the owner can spare just now.
    var bodyAllowance = Int.max
    var lastReason = ""

    private var spare: [HTTP2Stream] = []
    /// Kept for the next streams of a connection; with their bodies 256 kB.
    private static let mostSpare = 16
    /// A review of the usual size.
    private static let reservation = 16 * 1024

    init(role: HTTP2Session.Role, limits: HTTP2Limits) {
        self.role = role
        self.limits = limits
    }

    func open(_ id: Int32) -> HTTP2Stream {
        let stream = spare.popLast() ?? HTTP2Stream()
        stream.id = id
        streams[id] = stream
        return stream
    }

    /// Called when the owner has seen `.closed`.
    func recycle(_ id: Int32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        bufferedBytes -= stream.body.count
        stream.reset()
        if spare.count < Self.mostSpare { spare.append(stream) }
    }

    // MARK: What came

    func began(_ id: Int32) {
        if streams[id] == nil { _ = open(id) }
    }

    func field(_ id: Int32, name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        guard let stream = streams[id], stream.fault == nil else { return }
        stream.headerListBytes += name.count + value.count + 32
        guard stream.headerListBytes <= limits.headerListBytes else { return stream.fault = .headersTooLarge }
        // Trailers count towards the limit and are dropped: nothing we speak to uses them.
        guard !stream.hasHead else { return }
        guard unsafe name.first != UInt8(ascii: ":") else {
            return unsafe stream.setPseudoField(name: name, value: value)
        }
        unsafe stream.fields.append(name: name, value: value)
        if unsafe name.elementsEqual("content-length".utf8) { stream.expectedBody = unsafe Int(text(value)) }
    }

    func malformedField(_ id: Int32) {
        guard let stream = streams[id], stream.fault == nil else { return }
        stream.fault = .malformed
    }

    func headersEnded(_ id: Int32, endsStream: Bool) {
        guard let stream = streams[id], !stream.isRefused else { return }
        // Only now: in the middle of a header block nothing may be sent about it.
        guard stream.fault == nil else { return faulty.append(id) }
        if !stream.hasHead {
            if role == .client {
                // RFC 9110 section 15.2: interim responses come before the one that counts.
                if (100..<200).contains(stream.status) && !endsStream {
                    stream.status = 0
                    stream.fields.removeAll()
                    return
                }
                stream.hasHead = true
                events.append(.response(id))
            } else {
                stream.hasHead = true
                if let expected = stream.expectedBody, expected > limits.bodyBytes {
                    return fail(stream, .bodyTooLarge)
                }
            }
        }
        if endsStream { remoteEnded(id) }
    }

    func data(_ id: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let stream = streams[id] else { return }
        if stream.unconsumed == 0 && bytes.count > 0 { touched.append(id) }
        stream.unconsumed += bytes.count
        guard stream.fault == nil, !stream.isRefused else { return }
        if role == .server {
            guard stream.body.count + bytes.count <= limits.bodyBytes else {
                return fail(stream, .bodyTooLarge)
            }
            guard bufferedBytes + bytes.count <= min(limits.bufferedBytes, bodyAllowance) else {
                return fail(stream, .overBudget)
            }
            // Only what is common: a length is a claim, and a hundred of them must not cost memory.
            if stream.body.isEmpty { stream.body.reserve(min(stream.expectedBody ?? 0, Self.reservation)) }
        } else if !stream.isDataAnnounced {
            stream.isDataAnnounced = true
            events.append(.data(id))
        }
        bufferedBytes += bytes.count
        unsafe stream.body.append(copying: bytes)
    }

    func remoteEnded(_ id: Int32) {
        guard let stream = streams[id] else { return }
        stream.isRemoteDone = true
        guard stream.fault == nil, !stream.isRefused else { return }
        events.append(role == .server ? .request(id) : .end(id))
    }

    func closed(_ id: Int32, _ code: HTTP2ErrorCode) {
        guard let stream = streams[id], !stream.isClosed else { return }
        stream.isClosed = true
        stream.outgoing.removeAll()
        events.append(.closed(id, code))
    }

    // MARK: What went

    func sentReset() { if role == .server { resetDebt += 1 } }

    func sentEnd(_ id: Int32) {
        guard role == .server, let stream = streams[id] else { return }
        if stream.isRemoteDone {
            resetDebt = max(0, resetDebt - 1)
        } else {
            answeredEarly.append(id)
        }
    }

    enum Outgoing {
        case bytes(Int, isLast: Bool)
        case nothingYet
    }

    /// Moves what is to be sent on a stream into nghttp2's frame.
    func fill(_ id: Int32, _ frame: UnsafeMutableRawBufferPointer) -> Outgoing {
        guard let stream = streams[id] else { return .bytes(0, isLast: true) }
        var filled = 0
        while filled < frame.count, stream.outgoingIndex < stream.outgoing.count {
            let chunk = stream.outgoing[stream.outgoingIndex]
            let count = min(frame.count - filled, chunk.count - stream.outgoingOffset)
            unsafe chunk.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: frame[filled..<filled + count]).copyMemory(
                    from: UnsafeRawBufferPointer(
                        rebasing: source[stream.outgoingOffset..<stream.outgoingOffset + count]))
            }
            filled += count
            stream.outgoingOffset += count
            if stream.outgoingOffset == chunk.count {
                stream.outgoing[stream.outgoingIndex] = []
                stream.outgoingIndex += 1
                stream.outgoingOffset = 0
            }
        }
        stream.outgoingBytes -= filled
        let isEmpty = stream.outgoingIndex == stream.outgoing.count
        if isEmpty {
            stream.outgoing.removeAll(keepingCapacity: true)
            stream.outgoingIndex = 0
            if stream.isOutgoingFinished { return .bytes(filled, isLast: true) }
            if filled > 0 { events.append(.writable(id)) }
        }
        guard filled > 0 else {
            stream.isDeferred = true
            return .nothingYet
        }
        return .bytes(filled, isLast: false)
    }

    private func fail(_ stream: HTTP2Stream, _ fault: HTTP2Stream.Fault) {
        guard stream.fault == nil else { return }
        stream.fault = fault
        faulty.append(stream.id)
    }
}

extension HTTP2Stream {
    /// nghttp2 has checked already which of them must and may be there, and their alphabet.
    fileprivate func setPseudoField(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if unsafe name.elementsEqual(":path".utf8) {
            path = unsafe text(value)
        } else if unsafe name.elementsEqual(":method".utf8) {
            method = unsafe text(value)
        } else if unsafe name.elementsEqual(":status".utf8) {
            status = unsafe Int(text(value)) ?? 0
        } else if unsafe name.elementsEqual(":authority".utf8) {
            authority = unsafe text(value)
        } else if unsafe name.elementsEqual(":scheme".utf8) {
            scheme = unsafe text(value)
        }
    }
}

private func text(_ bytes: UnsafeRawBufferPointer) -> String { unsafe String(decoding: bytes, as: UTF8.self) }
