// SPDX-License-Identifier: Apache-2.0
import Buffers
import Glibc
import OpenSSL
import Sockets

@testable import HTTPTransport

/// Runs a program of the machine to its end, without blocking the thread it is called on.
func run(
    _ program: String, _ arguments: [String], input: String = "", hold: Bool = false
) async throws -> (status: CInt, output: String) {
    try await withCheckedThrowingContinuation { done in
        let thread = Thread { done.resume(with: Result { try runBlocking(program, arguments, input, hold) }) }
        thread.start()
    }
}

private func runBlocking(
    _ program: String, _ arguments: [String], _ input: String, _ hold: Bool
) throws -> (status: CInt, output: String) {
    var inward: [CInt] = [0, 0], outward: [CInt] = [0, 0]
    guard pipe2(&inward), pipe2(&outward) else { throw SystemCallError("pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, inward[0], 0)
    posix_spawn_file_actions_adddup2(&actions, outward[1], 1)
    posix_spawn_file_actions_adddup2(&actions, outward[1], 2)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var words: [UnsafeMutablePointer<CChar>?] =
        (["timeout", "20", program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process = pid_t()
    let code = posix_spawnp(&process, "timeout", &actions, nil, &words, environ)
    close(inward[0])
    close(outward[1])
    guard code == 0 else { throw SystemCallError("posix_spawnp", code: code) }
    _ = input.withCString { write(inward[1], $0, strlen($0)) }
    if !hold { close(inward[1]) }
    var output: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65536)
    while case let count = read(outward[0], &part, part.count), count > 0 { output += part[..<count] }
    if hold { close(inward[1]) }
    close(outward[0])
    var status: CInt = 0
    waitpid(process, &status, 0)
    return (status >> 8 & 0xFF, String(decoding: output, as: UTF8.self))
}

private func pipe2(_ ends: inout [CInt]) -> Bool {
    guard pipe(&ends) == 0 else { return false }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return true
}

/// One thread for one blocking piece of work.
private final class Thread: @unchecked Sendable {
    private let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }

    func start() {
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Thread>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }
}

/// A folder that goes with its owner.
final class TestFolder {
    private let path: String
    private var files: [String] = []

    init() throws {
        var template = Array("/tmp/podmint-transport-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in files { unlink(file) }
        rmdir(path)
    }

    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        guard let handle = fopen(file, "w") else { throw SystemCallError("fopen") }
        defer { fclose(handle) }
        files.append(file)
        fwrite(text, 1, text.utf8.count, handle)
        return file
    }
}

/// A TLS peer on a blocking socket.
struct TLSPeer: ~Copyable {
    private var channel: Channel

    private init(channel: consuming Channel) { self.channel = channel }

    static func connected(_ port: Int, trusting anchor: Certificate) throws -> TLSPeer {
        let socket = try Socket.connected(
            to: SocketAddress(ip: [127, 0, 0, 1], port: UInt16(port)), within: 5000)
        let context = try TLSContext.client(anchors: [anchor], alpn: [.http1])
        var peer = TLSPeer(channel: try Channel.connecting(socket, with: context, to: .ip([127, 0, 0, 1])))
        while case .needs(let readiness) = try peer.channel.handshake() { try peer.wait(readiness) }
        return peer
    }

    mutating func exchange(_ request: String) throws -> String {
        let output = ByteBuffer(Array(request.utf8))
        guard case .bytes(request.utf8.count) = try channel.write(output, from: 0) else { return "" }
        let input = ByteBuffer()
        while true {
            switch try channel.read(into: input, upTo: 16384) {
            case .bytes: return String(decoding: input.bytes, as: UTF8.self)
            case .needs(let readiness): try wait(readiness)
            case .closed: return ""
            }
        }
    }

    private func wait(_ readiness: Readiness) throws {
        var entry = pollfd(
            fd: channel.descriptor, events: Int16(readiness == .readable ? POLLIN : POLLOUT), revents: 0)
        guard poll(&entry, 1, 5000) == 1 else { throw TimedOut() }
    }
}

extension String {
    /// How often a text occurs.
    func components(_ part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
