// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What a process that writes to sockets must ask of signals.
package enum SignalMask {
    /// A peer that went away is then an EPIPE, not the end of the process: OpenSSL's socket BIO uses plain write(2).
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
