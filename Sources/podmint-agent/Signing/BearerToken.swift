// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// The projected token: `token68` characters only (RFC 7235 section 2.1), so that it fits into a header field.
/// Never printed, never part of an error.
struct BearerToken {
    let text: String

    init?(_ text: String) {
        let isToken =
            !text.isEmpty && text.utf8.count <= ProtocolLimits.tokenBytes
            && text.utf8.allSatisfy(Self.isAllowed)
        guard isToken else { return nil }
        self.text = text
    }

    /// Read anew for each request: the kubelet replaces it before it ends.
    static func read(_ path: String) throws(AgentFailure) -> BearerToken {
        let text: String
        do throws(SystemCallError) {
            text = try TextFile.read(path, limit: ProtocolLimits.tokenBytes)
        } catch {
            throw AgentFailure(
                .local, "the token cannot be read: \(path): \(error)",
                hint: "is volume podmint-token mounted?")
        }
        // The kubelet writes none, but people who try things out end files with a new line.
        let trimmed = text.split(whereSeparator: \.isWhitespace)
        guard trimmed.count == 1, let token = BearerToken(String(trimmed[0])) else {
            throw AgentFailure(.local, "the token in \(path) is empty or no token")
        }
        return token
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
