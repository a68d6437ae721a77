// SPDX-License-Identifier: Apache-2.0
package import JSON
internal import KubernetesAPI

/// Who writes a Secret, as far as its metadata says. Anyone may write that metadata: it softens an answer, no more.
package struct SecretOwnership {
    /// A controlling owner, or cert-manager's annotations.
    package let isControlled: Bool

    package init(_ secret: JSONView) {
        let metadata = ObjectMeta(of: secret)
        isControlled =
            metadata.controller != nil || !metadata.annotations(prefixed: "cert-manager.io/").isEmpty
    }
}

/// Looks at the bytes of a Secret without parsing them.
package enum SecretContents {
    /// Same bytes in all four entries: labels, finalizers and garbage collection must pass, also when the certificate
    /// has expired since.
    package static func isUnchanged(_ secret: JSONView, since old: JSONView) -> Bool {
        SecretEntryName.allCases.allSatisfy { name in
            switch (entry(name, secret), entry(name, old)) {
            case (nil, nil): true
            case (let new?, let old?): sameText(new, old)
            default: false
            }
        }
    }

    /// `tls.crt` is there and empty: the controller that owns it will fill it.
    package static func isPlaceholder(_ secret: JSONView) -> Bool {
        entry(.certificate, secret)?.isString("") == true
    }

    private static func entry(_ name: SecretEntryName, _ secret: JSONView) -> JSONView? {
        secret["data" as StaticString]?[name.rawValue]
    }

    private static func sameText(_ one: JSONView, _ other: JSONView) -> Bool {
        var isSame = false
        unsafe one.withUTF8 { left in
            unsafe other.withUTF8 { right in isSame = unsafe left.elementsEqual(right) }
        }
        return isSame
    }
}
