// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import Glibc

/// A failed OpenSSL call, with everything OpenSSL had queued about it.
package struct OpenSSLError: Error, Hashable, CustomStringConvertible {
    /// The C function, or the thing that was refused.
    package let operation: String
    /// OpenSSL's reasons (or ours, where the refusal is ours), the root cause first.
    package let reasons: [String]
    /// For want of memory, most likely the secure heap's: the same call may go well later, and says nothing about its input.
    package let isOutOfMemory: Bool

    /// Drains this thread's queue; anything left there would be blamed on the next call.
    init(_ operation: StaticString) {
        self.operation = operation.description
        var reasons: [String] = []
        var isOutOfMemory = false
        while case let code = ERR_get_error(), code != 0 {
            reasons.append(Self.text(of: code))
            if shim_is_out_of_memory(code) == 1 { isOutOfMemory = true }
        }
        self.reasons = reasons
        // Decoders try one form after another, and what they say in the end is that none fits.
        self.isOutOfMemory = isOutOfMemory || SecureHeap.isFull
    }

    init(_ operation: StaticString, because reason: String) {
        ERR_clear_error()
        self.operation = operation.description
        reasons = [reason]
        isOutOfMemory = false
    }

    package var description: String {
        reasons.isEmpty ? "\(operation) failed" : "\(operation): \(reasons.joined(separator: "; "))"
    }

    /// The reason alone where OpenSSL has one: "error:0A000086:SSL routines::…" is for OpenSSL's own maintainers.
    private static func text(of code: UInt) -> String {
        if ERR_GET_LIB(code) == ERR_LIB_SYS { return String(cString: strerror(ERR_GET_REASON(code))) }
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        return "error \(String(code, radix: 16))"
    }
}

/// Runs an OpenSSL constructor, whose null means failure.
func openSSL<Handle>(_ operation: StaticString, _ call: () -> Handle?) throws(OpenSSLError) -> Handle {
    ERR_clear_error()
    guard let handle = call() else { throw OpenSSLError(operation) }
    return handle
}

/// Runs an OpenSSL call whose result is 1 for success.
func check(_ operation: StaticString, _ call: () -> CInt) throws(OpenSSLError) {
    ERR_clear_error()
    guard call() == 1 else { throw OpenSSLError(operation) }
}

/// The two-step `i2d_*` convention: ask for the size, then write.
func encode(_ operation: StaticString, _ call: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> CInt)
    throws(OpenSSLError) -> [UInt8]
{
    ERR_clear_error()
    let size = call(nil)
    guard size > 0 else { throw OpenSSLError(operation) }
    var written: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
        var cursor = buffer.baseAddress
        written = call(&cursor)
        count = max(0, min(Int(written), Int(size)))
    }
    guard written == size else { throw OpenSSLError(operation) }
    return bytes
}
