// SPDX-License-Identifier: Apache-2.0

/// `POST /path?query HTTP/1.1`, each part separated by exactly one space. RFC 9112 section 3
struct HTTP1RequestLine {
    let method: HTTPMethod
    let path: String
    let query: String?
    let isVersion10: Bool

    init(_ line: UnsafeRawBufferPointer) throws(HTTP1Refusal) {
        var end = 0
        while unsafe end < line.count && ASCII.isToken(line[end]) { end += 1 }
        guard end > 0, end < line.count, unsafe line[end] == ASCII.space else {
            throw HTTP1Refusal("a request that does not begin with a method")
        }
        let name = unsafe UnsafeRawBufferPointer(rebasing: line[..<end])
        let targetStart = end + 1
        end = targetStart
        var mark: Int?
        while unsafe end < line.count && ASCII.isTarget(line[end]) {
            if mark == nil, unsafe line[end] == UInt8(ascii: "?") { mark = end }
            end += 1
        }
        guard end > targetStart, end < line.count, unsafe line[end] == ASCII.space else {
            throw HTTP1Refusal("a request target that is empty or holds a character it may not")
        }
        guard unsafe line[targetStart] == UInt8(ascii: "/") else {
            throw HTTP1Refusal("a request target that is not a path: this is no proxy")
        }
        isVersion10 = try unsafe Self.isVersion10(UnsafeRawBufferPointer(rebasing: line[(end + 1)...]))
        guard let method = unsafe Self.method(name) else {
            throw HTTP1Refusal(status: 501, "a request method that is not served here")
        }
        self.method = method
        path = unsafe String(
            decoding: UnsafeRawBufferPointer(rebasing: line[targetStart..<(mark ?? end)]), as: UTF8.self)
        query = mark.map {
            unsafe String(decoding: UnsafeRawBufferPointer(rebasing: line[($0 + 1)..<end]), as: UTF8.self)
        }
    }

    /// Methods are case-sensitive.
    private static func method(_ name: UnsafeRawBufferPointer) -> HTTPMethod? {
        switch name.count {
        case 3: unsafe isExactly(name, "GET") ? .get : isExactly(name, "PUT") ? .put : nil
        case 4: unsafe isExactly(name, "POST") ? .post : isExactly(name, "HEAD") ? .head : nil
        case 5: unsafe isExactly(name, "PATCH") ? .patch : nil
        case 6: unsafe isExactly(name, "DELETE") ? .delete : nil
        case 7: unsafe isExactly(name, "OPTIONS") ? .options : nil
        default: nil
        }
    }

    private static func isVersion10(_ version: UnsafeRawBufferPointer) throws(HTTP1Refusal) -> Bool {
        if unsafe isExactly(version, "HTTP/1.1") { return false }
        if unsafe isExactly(version, "HTTP/1.0") { return true }
        let isForm =
            unsafe version.count == 8 && isExactly(UnsafeRawBufferPointer(rebasing: version[..<5]), "HTTP/")
            && ASCII.digit(version[5]) != nil && version[6] == UInt8(ascii: ".")
            && ASCII.digit(version[7]) != nil
        throw isForm
            ? HTTP1Refusal(status: 505, "a version of HTTP other than 1.0 and 1.1")
            : HTTP1Refusal("a request line that does not end in a version of HTTP")
    }

    static func isExactly(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        let word = unsafe word.utf8Start
        for index in 0..<bytes.count where unsafe bytes[index] != word[index] { return false }
        return true
    }
}
