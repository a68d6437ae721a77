// SPDX-License-Identifier: Apache-2.0
internal import KubernetesAPI

/// A timestamp in an object, read.
enum Moment {
    static func seconds(_ text: String) -> Int64? { Timestamp(parsing: text)?.secondsSinceEpoch }
}
