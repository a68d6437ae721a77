// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 whose every connection is a script on a thread of its own, with blocking calls.
final class LoopbackPeer: Sendable {
    let port: UInt16
    private let listener: CInt
    private let accepted = Mutex(0)

    var connectionCount: Int { accepted.withLock { $0 } }

    init(_ script: @escaping @Sendable (_ connection: CInt, _ number: Int) -> Void) {
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(listener, $0, size) == 0 && listen(listener, 64) == 0)
                getsockname(listener, $0, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                var patience = timeval(tv_sec: 20, tv_usec: 0)
                let size = socklen_t(MemoryLayout<timeval>.size)
                setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
                setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
                guard
                    let number = self?.accepted.withLock({
                        $0 += 1; return $0
                    })
                else { close(connection); break }
                thread {
                    script(connection, number)
                    close(connection)
                }
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, CInt(SHUT_RDWR)) }
}

/// Runs `work` on a new thread.
func thread(_ work: @escaping @Sendable () -> Void) {
    final class Box {
        let work: @Sendable () -> Void; init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().work()
            return nil
        }, Unmanaged.passRetained(Box(work)).toOpaque())
    pthread_detach(thread)
}

/// One HTTP/1.1 request as it came; nil when the client is gone.
func readRequest(_ connection: CInt) -> String? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let text = String(decoding: bytes, as: UTF8.self)
        if let end = text.range(of: "\r\n\r\n") {
            let head = text[..<end.lowerBound].lowercased()
            var length = 0
            for line in head.split(separator: "\r\n") where line.hasPrefix("content-length: ") {
                length = Int(line.dropFirst(16)) ?? 0
            }
            let bodyStart = text[..<end.upperBound].utf8.count
            while bytes.count < bodyStart + length {
                let count = read(connection, &buffer, buffer.count)
                guard count > 0 else { return nil }
                bytes += buffer[..<count]
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        let count = read(connection, &buffer, buffer.count)
        guard count > 0 else { return nil }
        bytes += buffer[..<count]
    }
}

/// False when the client is gone.
@discardableResult
func send(_ connection: CInt, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
            Glibc.send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

@discardableResult
func send(_ connection: CInt, _ text: String) -> Bool { send(connection, Array(text.utf8)) }

func answer(_ body: String, _ more: String = "") -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(more)\r\n\(body)"
}

extension String {
    fileprivate func range(of wanted: String) -> Range<String.Index>? {
        let (bytes, wanted) = (Array(utf8), Array(wanted.utf8))
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count)
        where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            return utf8.index(
                startIndex, offsetBy: start)..<utf8.index(startIndex, offsetBy: start + wanted.count)
        }
        return nil
    }
}
