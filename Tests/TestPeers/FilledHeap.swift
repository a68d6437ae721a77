// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

/// What the secure heap had left, taken; given back piece by piece, or at the end. Only for a process of its own: there is
/// one such heap, and all keys are in it.
package final class FilledHeap {
    private var pieces: [Piece] = []

    /// The smaller the pieces, the finer it can be given back.
    package init(pieces sizes: [Int] = [16 * 1024, 4096, 1024, 256, 32]) {
        for size in sizes { while let piece = Piece(size) { pieces.append(piece) } }
    }

    /// False once nothing is left to give back.
    package func giveBackOne() -> Bool { pieces.popLast() != nil }

    package func end() { pieces = [] }
}

private final class Piece {
    private let bytes: SecretBytes

    init?(_ size: Int) {
        let before = SecureHeap.used
        bytes = SecretBytes(copying: [UInt8](repeating: 0, count: size).span.bytes)
        // The common heap stands in for a full one.
        guard SecureHeap.used > before else { return nil }
    }
}
