// SPDX-License-Identifier: Apache-2.0

/// A part of a list. The token of the last part is nil.
package struct ListPage<Item> {
    package let items: [Item]
    package let resourceVersion: String
    package let continueToken: String?
}

extension ListPage: Sendable where Item: Sendable {}
