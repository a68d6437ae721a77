// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

@main
struct Main {
    static func main() {
        CertificateReading.staySmall()
        exit(perform(CommandLine.arguments.dropFirst()).rawValue)
    }

    private static func perform(_ arguments: some Collection<String>) -> Exit {
        let command: Command
        do throws(Command.Refusal) { command = try Command(arguments) } catch {
            AgentLog.printError("\(error.message)\nhint: \(error.hint)")
            return .usedWrongly
        }
        switch command {
        case .help: return printOut(Command.helpText)
        case .version: return printOut("podmint-agent \(Version.current) (\(OpenSSLVersion.text))\n")
        case .probe: return probe()
        case .initialize: return getCertificates(.firstCertificate)
        case .run: return getCertificates(.renewals)
        }
    }

    /// Looks at the files only: it neither talks to the agent's process nor to podmint.
    private static func probe() -> Exit {
        var exit = Exit.done
        let certificates = AgentConfiguration.certificates(in: environment())
        for one in certificates {
            do throws(SetFault) {
                let set = try PublishedState.read(one.directory, one.layout)
                if AgentClock.system.wall() >= set.leaf.notAfter { throw SetFault.expired(set.leaf.notAfter) }
            } catch {
                AgentLog.printError(certificates.count > 1 ? "policy \(one.policy): \(error)" : "\(error)")
                exit = .failed
            }
        }
        return exit
    }

    private static func getCertificates(_ goal: Agent.Goal) -> Exit {
        let configuration: AgentConfiguration
        do throws(ConfigurationError) {
            configuration = try AgentConfiguration(environment: environment())
        } catch {
            AgentLog.printError("\(error)\nhint: \(ConfigurationError.hint)")
            return .usedWrongly
        }
        Termination.install(exiting: goal == .renewals ? .done : .failed)
        SignalMask.ignoreBrokenPipes()
        ProcessHardening.apply(heapSize: Self.secureHeap)
        var agent = Agent(
            clock: .system, keepers: configuration.certificates.map { keeper($0, configuration) })
        agent.run(goal)
        return .done
    }

    private static func keeper(
        _ settings: CertificateSettings, _ configuration: AgentConfiguration
    ) -> CertificateKeeper {
        let isOnly = configuration.certificates.count == 1
        let log =
            isOnly
            ? AgentLog.standardError : AgentLog { AgentLog.printError("policy \(settings.policy): \($0)") }
        return CertificateKeeper(
            settings, podText: configuration.podText, podAddresses: configuration.podAddresses,
            clock: .system,
            source: SigningClient(configuration: configuration, certificate: settings),
            publisher: Publisher(path: settings.directory, mode: settings.mode, layout: settings.layout),
            log: log, random: SystemRandomNumberGenerator())
    }

    /// Two keys of RSA-4096 (2 kB each), their PEM and DER (8 kB together), the pieces that the combined file is compared by and
    /// TLS's own secrets are 24 kB; the rest is room for the making of a key. A container's default RLIMIT_MEMLOCK of 64 kB on
    /// old nodes is not exceeded, and only pages that were touched are locked.
    static let secureHeap = 64 * 1024

    private static func environment() -> [String: String] {
        var environment: [String: String] = [:]
        for variable in AgentEnvironment.allCases {
            for index in 0..<(variable.isPerCertificate ? AgentEnvironment.mostCertificates : 1) {
                let name = variable.name(ofCertificate: index)
                if let value = unsafe getenv(name) { environment[name] = unsafe String(cString: value) }
            }
        }
        return environment
    }

    private static func printOut(_ text: String) -> Exit {
        var text = text
        let written = text.withUTF8 { text in unsafe write(STDOUT_FILENO, text.baseAddress, text.count) }
        return written >= 0 ? .done : .failed
    }
}
