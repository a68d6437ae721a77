// SPDX-License-Identifier: Apache-2.0

/// How current an informer's copy is.
package struct InformerHealth: Sendable {
    /// Whether a whole list has been seen.
    package let isSynced: Bool
    package let objects: Int
    /// How long the API server has said nothing; nil before its first word. A quiet watch speaks about once a minute.
    package let silence: Duration?

    package init(isSynced: Bool, objects: Int, silence: Duration?) {
        self.isSynced = isSynced
        self.objects = objects
        self.silence = silence
    }
}

extension Informer {
    package var health: InformerHealth {
        InformerHealth(isSynced: isSynced, objects: count, silence: silence)
    }
}
