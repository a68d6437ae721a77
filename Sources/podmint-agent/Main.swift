// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import OpenSSL
internal import SigningProtocol
internal import Sockets

@main
struct Main {
    static func main() {
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
        let set: CertificateSet
        do throws(SetFault) {
            set = try PublishedState.read(AgentConfiguration.directory(in: environment()))
            if AgentClock.system.wall() >= set.leaf.notAfter { throw SetFault.expired(set.leaf.notAfter) }
        } catch {
            AgentLog.printError("\(error)")
            return .failed
        }
        return .done
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
        ProcessHardening.apply(heapSize: secureHeap)
        var agent = Agent(
            configuration: configuration, clock: .system, source: SigningClient(configuration: configuration),
            publisher: Publisher(path: configuration.directory, mode: configuration.mode),
            log: .standardError,
            random: SystemRandomNumberGenerator())
        agent.run(goal)
        return .done
    }

    /// Two keys of RSA-4096 (5 kB each), their encodings and TLS's own secrets: 32 kB, and a container's default
    /// RLIMIT_MEMLOCK of 64 kB on old nodes is not exceeded.
    private static let secureHeap = 32 * 1024

    private static func environment() -> [String: String] {
        var environment: [String: String] = [:]
        for variable in AgentEnvironment.allCases {
            if let value = unsafe getenv(variable.name) {
                environment[variable.name] = unsafe String(cString: value)
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
