// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Sockets

struct SocketAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:8443", "127.0.0.1:8443"), ("0.0.0.0:0", "0.0.0.0:0"), ("[::1]:443", "[::1]:443"),
            ("[2001:db8::1]:65535", "[2001:db8::1]:65535"), (":8443", "[::]:8443"),
            ("localhost:80", nil), ("127.0.0.1", nil), ("127.0.0.1:65536", nil), ("::1:443", nil),
            ("[127.0.0.1]:1", nil),
            ("[]:1", nil), ("1.2.3:4", nil), ("", nil), (":", nil),
        ] as [(String, String?)])
    func `parses addresses and nothing else`(text: String, wanted: String?) {
        #expect(SocketAddress(parsing: text)?.description == wanted)
    }
}
