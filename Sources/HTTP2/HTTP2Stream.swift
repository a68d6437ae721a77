// SPDX-License-Identifier: Apache-2.0
package import Buffers
package import HTTP

/// One message as it arrived, and what is still to be sent on the same stream.
///
/// Objects are used again for later streams: nobody keeps one past the `.closed` event of its stream.
package final class HTTP2Stream {
    package internal(set) var id: Int32 = 0
    /// Server side: the request's pseudo-header fields (RFC 9113 section 8.3.1).
    package internal(set) var method = ""
    package internal(set) var scheme = ""
    package internal(set) var authority = ""
    package internal(set) var path = ""
    /// Client side: the response's `:status`; 0 until it has come.
    package internal(set) var status = 0
    package internal(set) var fields = HTTPFields()
    package let body = ByteBuffer(minimumCapacity: 64)

    // What the callbacks saw.
    var headerListBytes = 0
    var expectedBody: Int?
    var fault: Fault?
    var isRefused = false
    var hasHead = false
    var isRemoteDone = false
    var isClosed = false
    var isDataAnnounced = false
    /// Received and not yet given back to the peer's windows.
    var unconsumed = 0

    // What is to be sent.
    var outgoing: [[UInt8]] = []
    var outgoingIndex = 0
    var outgoingOffset = 0
    /// Bytes written and not yet framed.
    var outgoingBytes = 0
    var isOutgoingFinished = true
    var isDeferred = false
    var hasResponded = false

    /// What is wrong with the message; found in a callback, acted on after it.
    enum Fault {
        case malformed, headersTooLarge, bodyTooLarge, overBudget
    }

    init() {}

    /// The peer owes us more of this message.
    var isIncomplete: Bool { !isRemoteDone && !isClosed && !isRefused }

    func reset() {
        method = ""
        scheme = ""
        authority = ""
        path = ""
        status = 0
        fields.removeAll()
        body.removeAll(keeping: 16 * 1024)
        headerListBytes = 0
        expectedBody = nil
        fault = nil
        isRefused = false
        hasHead = false
        isRemoteDone = false
        isClosed = false
        isDataAnnounced = false
        unconsumed = 0
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= 8)
        outgoingIndex = 0
        outgoingOffset = 0
        outgoingBytes = 0
        isOutgoingFinished = true
        isDeferred = false
        hasResponded = false
    }
}
