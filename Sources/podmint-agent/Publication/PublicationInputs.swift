// SPDX-License-Identifier: Apache-2.0
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

/// What a publication takes from the pod besides the certificate: authorities to merge and a password. The kubelet keeps
/// both files current, so they are read anew each time.
enum PublicationInputs {
    /// Each once, in the order of the files.
    static func authorities(in files: [String]) throws(AgentFailure) -> [Certificate] {
        var found: [Certificate] = []
        for file in files {
            let text: String
            do throws(SystemCallError) {
                text = try TextFile.read(file, limit: PEM.Limits.bundle.bytes)
            } catch {
                throw AgentFailure(
                    .local, "the authorities to merge cannot be read: \(file): \(error)", hint: hint)
            }
            let read = try parse(text, file)
            for certificate in read where !found.contains(certificate) { found.append(certificate) }
        }
        return found
    }

    private static func parse(_ text: String, _ file: String) throws(AgentFailure) -> [Certificate] {
        do throws(PEMError) { return try PEM.certificates(in: text) } catch {
            throw AgentFailure(
                .local, "the authorities to merge are no certificates: \(file): \(error)", hint: hint)
        }
    }

    private static let hint =
        "key ca.crt of the ConfigMap or Secret named by the pod or its TLSPolicy must hold certificates in PEM"

    /// Empty where no file is named.
    static func password(in file: String?) throws(AgentFailure) -> KeystorePassword {
        guard let file else { return .empty }
        let contents: SecretBytes
        do throws(SystemCallError) {
            contents = try TextFile.readSecret(file, limit: KeystorePassword.longest + 2)
        } catch {
            throw AgentFailure(
                .local, "the keystore's password cannot be read: \(file): \(error)",
                hint: "is it in the Secret that the TLSPolicy names, and at most 1024 bytes long?")
        }
        guard let password = KeystorePassword(contents: contents) else {
            throw AgentFailure(
                .local, "the keystore's password in \(file) is over 1024 bytes, or of more than one line",
                hint: "mend the Secret that the TLSPolicy names")
        }
        return password
    }
}
