// SPDX-License-Identifier: Apache-2.0

/// What the agent was asked to do. Words are matched exactly; there are no options.
enum Command: Equatable {
    case run
    case initialize
    case probe
    case help
    case version

    struct Refusal: Error, Equatable {
        let message: String
        let hint: String
    }

    init(_ arguments: some Collection<String>) throws(Refusal) {
        guard let word = arguments.first else {
            throw Refusal(message: "no command given", hint: "podmint-agent --help")
        }
        guard arguments.count == 1 || word == "--help" || word == "-h" else {
            throw Refusal(message: "\(word) takes no arguments", hint: "podmint-agent --help")
        }
        switch word {
        case "run": self = .run
        case "init": self = .initialize
        case "probe": self = .probe
        case "--help", "-h", "help": self = .help
        case "--version": self = .version
        case "csr":
            throw Refusal(
                message: "csr (Pull enrollment) is not in this version",
                hint: "use Push enrollment: podmint-agent run")
        default:
            throw Refusal(message: "unknown command \"\(word.prefix(80))\"", hint: "podmint-agent --help")
        }
    }

    static let helpText = """
        podmint-agent gets this pod its certificate from podmint and keeps it fresh.

        usage: podmint-agent run | init | probe

          run      get a certificate, renew it before it ends, until SIGTERM (the injected sidecar)
          init     get a certificate, then exit
          probe    exit 0 when a complete certificate that has not expired is published, else 1

          --help, --version

        Injection sets everything else in the environment:
          PODMINT_SERVER            https URL of podmint's listener for agents (required)
          PODMINT_SERVER_ADDRESSES  IP addresses to try when DNS does not help
          PODMINT_TRUST             PEM: whom podmint's own certificate may come from
          PODMINT_TRUST_FILE        a file with more of the same (one of the two is required)
          PODMINT_TOKEN_FILE        the service account token for audience podmint.dev
          PODMINT_POLICY            whose certificate (default)
          PODMINT_DIRECTORY         where tls.crt, tls.key, ca.crt and tls.pem go
          PODMINT_KEY_ALGORITHM     ECDSA-P256, ECDSA-P384, Ed25519, RSA-2048, RSA-3072, RSA-4096
          PODMINT_MODE              the files' permissions (0444)
          PODMINT_DURATION          the life wished for (24h)
          PODMINT_RENEW_BEFORE      how long before its end it is renewed (a random 60-72 % of its life)
          PODMINT_FILES             other file names: certificate=a,key=b,ca=c,combined=d
          PODMINT_FORMATS           pem, or pem,pkcs12 for keystore.p12 and truststore.p12 besides
          PODMINT_KEYSTORE_PASSWORD_FILE   their password (empty)
          PODMINT_REUSE_PRIVATE_KEY        true keeps the key at renewals (a new one each time)
          PODMINT_CERTIFICATE_AUTHORITIES  a file of more certificates to trust, merged into ca.crt
          PODMINT_POD_CERTIFICATE_AUTHORITIES   the same, for every certificate of the pod
          PODMINT_POD_NAME, PODMINT_POD_NAMESPACE   for messages

        A pod with several certificates has PODMINT_POLICY_2, PODMINT_DIRECTORY_2 and so on for the second, up to _8.

        Exit codes: 0 done, 1 failed, 2 used wrongly.

        """
}
