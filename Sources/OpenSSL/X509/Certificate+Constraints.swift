// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL

/// What a CA certificate forbids those below it to be called (RFC 5280 section 4.2.1.10).
package struct NameConstraints: Hashable, Sendable {
    package let permitted: [SubjectAlternativeName]
    package let excluded: [SubjectAlternativeName]
    /// `minimum` or `maximum` is set, which no verifier understands.
    package let hasDistances: Bool
}

extension Certificate {
    /// nil where there are none, or none that can be read; `hasNameConstraints` tells which.
    package var nameConstraints: NameConstraints? {
        guard let found = X509_get_ext_d2i(pointer, NID_name_constraints, nil, nil) else {
            ERR_clear_error()
            return nil
        }
        let constraints = found.assumingMemoryBound(to: NAME_CONSTRAINTS_st.self)
        defer { NAME_CONSTRAINTS_free(constraints) }
        let permitted = Self.subtrees(constraints.pointee.permittedSubtrees)
        let excluded = Self.subtrees(constraints.pointee.excludedSubtrees)
        return NameConstraints(
            permitted: permitted.names, excluded: excluded.names,
            hasDistances: permitted.hasDistances || excluded.hasDistances)
    }

    package var hasNameConstraints: Bool { X509_get_ext_by_NID(pointer, NID_name_constraints, -1) >= 0 }

    package var isExtendedKeyUsageCritical: Bool {
        let position = X509_get_ext_by_NID(pointer, NID_ext_key_usage, -1)
        guard position >= 0, let found = X509_get_ext(pointer, position) else { return false }
        return X509_EXTENSION_get_critical(found) == 1
    }

    private static func subtrees(
        _ stack: OpaquePointer?
    ) -> (names: [SubjectAlternativeName], hasDistances: Bool) {
        guard let stack else { return ([], false) }
        var names: [SubjectAlternativeName] = []
        var hasDistances = false
        for index in 0..<min(shim_sk_GENERAL_SUBTREE_num(stack), CInt(namesRead)) {
            guard let subtree = shim_sk_GENERAL_SUBTREE_value(stack, index), let base = subtree.pointee.base
            else {
                continue
            }
            names.append(SubjectAlternativeName(base))
            // An absent minimum reads as null: its default, zero, is not encoded.
            if subtree.pointee.maximum != nil || ASN1_INTEGER_get(subtree.pointee.minimum) != 0 {
                hasDistances = true
            }
        }
        return (names, hasDistances)
    }
}
