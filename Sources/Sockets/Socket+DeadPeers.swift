// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Socket {
    /// Lets the kernel end a connection whose peer is gone without a word: probes after 15 s of silence, every
    /// 5 s, three in vain are enough; and 30 s for sent bytes to be acknowledged. tcp(7)
    package func detectDeadPeers() {
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(CInt(IPPROTO_TCP), TCP_KEEPIDLE, 15)
        set(CInt(IPPROTO_TCP), TCP_KEEPINTVL, 5)
        set(CInt(IPPROTO_TCP), TCP_KEEPCNT, 3)
        set(CInt(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
    }

    /// A failure is no reason not to talk: the connection then merely notices later.
    private func set(_ level: CInt, _ option: CInt, _ value: CInt) {
        var value = value
        setsockopt(rawValue, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
    }
}
