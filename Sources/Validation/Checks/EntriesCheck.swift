// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL

extension Check {
    /// AmbiguousSecret: an authority or a leaf, not both.
    static let unambiguousPurpose = Check { material, _ in
        guard material.authorityKey != nil, material.certificate != nil || material.key != nil else {
            return []
        }
        return [
            material.fault(
                .ambiguousSecret, "data", found: "ca.key stands beside tls.crt or tls.key",
                wanted:
                    "either an authority to sign with (ca.crt and ca.key) or a certificate to serve with (tls.crt and tls.key)",
                fix: "Split it into two Secrets; the one with tls.crt needs no ca.key.")
        ]
    }

    /// MissingKey: an entry that the others make no sense without.
    static let entriesPresent = Check { material, _ in
        var faults: [Fault] = []
        if material.isLeaf {
            if material.certificate == nil { faults.append(material.missing(.certificate, beside: .key)) }
            if material.key == nil { faults.append(material.missing(.key, beside: .certificate)) }
        }
        if material.isAuthority, material.authority == nil {
            faults.append(material.missing(.authority, beside: .authorityKey))
        }
        for entry in [material.key, material.authorityKey] {
            if let entry, entry.problem == .empty { faults.append(material.missing(entry)) }
        }
        return faults
    }
}

extension SecretMaterial {
    fileprivate func missing(_ name: SecretEntryName, beside other: SecretEntryName) -> Fault {
        fault(
            .missingKey, "data[\(name.rawValue)]", found: "there is no entry \(name.rawValue)",
            wanted: "\(name.rawValue) beside \(other.rawValue)",
            fix: "Add it: \(Self.makeCommand(for: name)).")
    }

    fileprivate func missing(_ entry: KeyEntry) -> Fault {
        fault(
            .missingKey, entry.field, found: "\(entry.name.rawValue) is empty",
            wanted: "a private key in PEM",
            fix: "Fill it: \(Self.makeCommand(for: entry.name)).")
    }

    private static func makeCommand(for name: SecretEntryName) -> String {
        switch name {
        case .certificate, .key:
            "kubectl create secret tls NAME --cert=tls.crt --key=tls.key --dry-run=client -o yaml | kubectl apply -f -"
        case .authority, .authorityKey:
            "kubectl create secret generic NAME --from-file=ca.crt --from-file=ca.key --dry-run=client -o yaml | kubectl apply -f -"
        }
    }
}
