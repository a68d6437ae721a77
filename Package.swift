// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Every Swift target: Swift 6 mode, warnings as errors, explicit existentials and imports.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]
/// Above the owners of C libraries the compiler also asks for `unsafe` at every pointer.
let safe: [SwiftSetting] = common + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

// Bridges to C: a module map and what Swift cannot import, nothing else.
let bridges: [Target] = [
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CLinux"),
    .target(name: "CJSON", linkerSettings: [.linkedLibrary("simdjson")]),
]

// Libraries, in the order of the data path.
let libraries: [Target] = [
    .target(name: "Buffers", dependencies: ["CLinux"], swiftSettings: safe),
    .target(name: "OpenSSL", dependencies: ["COpenSSL", "Buffers"], swiftSettings: common),
    .target(name: "Sockets", dependencies: ["CLinux", "Buffers"], swiftSettings: common),
    .target(name: "HTTP", dependencies: ["Buffers"], swiftSettings: safe),
    .target(name: "HTTP2", dependencies: ["CNGHTTP2", "HTTP", "Buffers"], swiftSettings: safe),
    .target(
        name: "HTTPTransport", dependencies: ["HTTP", "HTTP2", "OpenSSL", "Sockets", "Buffers"],
        swiftSettings: safe),
    .target(name: "JSON", dependencies: ["CJSON", "Buffers"], swiftSettings: safe),
    .target(name: "YAML", dependencies: ["CYAML", "JSON"], swiftSettings: safe),
    .target(name: "KubernetesAPI", dependencies: ["JSON", "Buffers", "OpenSSL"], swiftSettings: safe),
    .target(
        name: "KubernetesClient",
        dependencies: [
            "KubernetesAPI", "HTTPTransport", "HTTP", "OpenSSL", "YAML", "JSON", "Buffers", logging,
        ],
        swiftSettings: safe),
    .target(name: "SigningProtocol", swiftSettings: safe),
    .target(name: "Validation", dependencies: ["KubernetesAPI", "JSON", "OpenSSL"], swiftSettings: safe),
    .target(
        name: "Policies",
        dependencies: ["Validation", "KubernetesAPI", "JSON", "OpenSSL", "SigningProtocol"],
        swiftSettings: safe),
    .target(
        name: "Injection",
        dependencies: ["Policies", "Validation", "KubernetesAPI", "OpenSSL", "JSON", "SigningProtocol"],
        swiftSettings: safe),
    .target(
        name: "Admission",
        dependencies: [
            "Injection", "Policies", "Validation", "KubernetesAPI", "OpenSSL", "JSON", "Buffers",
        ],
        swiftSettings: safe),
    .target(name: "Telemetry", dependencies: ["JSON", logging], swiftSettings: safe),
    .target(
        name: "Issuance",
        dependencies: [
            "Policies", "Validation", "KubernetesAPI", "KubernetesClient", "OpenSSL", "SigningProtocol",
            "Telemetry", "JSON",
            "HTTP",
            "Buffers",
            logging,
        ],
        swiftSettings: safe),
]

let programs: [Target] = [
    .executableTarget(
        name: "podmint",
        dependencies: [
            "Admission", "Injection", "Policies", "Validation", "Issuance", "KubernetesAPI",
            "KubernetesClient", "HTTPTransport",
            "HTTP", "OpenSSL", "Sockets", "SigningProtocol", "Telemetry", "JSON", "YAML", "Buffers",
            argumentParser,
            logging,
        ],
        swiftSettings: safe),
    .executableTarget(
        name: "podmint-agent",
        dependencies: ["HTTP", "OpenSSL", "Sockets", "SigningProtocol", "Buffers"], swiftSettings: safe),
    .executableTarget(
        name: "podmint-sandbox",
        dependencies: [
            "HTTPTransport", "HTTP", "KubernetesAPI", "KubernetesClient", "OpenSSL", "Sockets", "JSON",
            "YAML",
            "Buffers", argumentParser, logging,
        ],
        swiftSettings: safe),
]

/// Tests mirror Sources. They reach C memory freely, so they go without the strict-safety marks.
func tests(
    _ target: String, _ more: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: "\(target.split(separator: "-").joined(separator: "_"))Tests",
        dependencies: [.target(name: target)] + more, exclude: exclude, resources: resources,
        swiftSettings: common)
}

// Fuzz targets link libFuzzer, so they exist only while hack/fuzz builds them.
func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: dependencies + ["FuzzDriver"], path: "Tests/Fuzz/\(name)",
        exclude: ["Seeds"], swiftSettings: [.unsafeFlags(["-parse-as-library"])],
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}
let fuzzers: [Target] =
    Context.environment["PODMINT_FUZZ"] == nil
    ? []
    : [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .target(name: "FuzzDriver", dependencies: ["CFuzzer"], path: "Tests/Fuzz/FuzzDriver"),
        fuzzer(
            "AdmissionReview",
            [
                "Admission", "Injection", "Policies", "Validation", "KubernetesAPI", "OpenSSL", "JSON",
                "Buffers",
            ]),
        fuzzer("Annotations", ["Injection", "KubernetesAPI", "JSON"]),
        fuzzer("HTTP1", ["HTTP", "Buffers"]),
        fuzzer("HTTP1Response", ["HTTP", "Buffers"]),
        fuzzer("HTTP2", ["HTTP2", "Buffers"]),
        fuzzer("Secret", ["Validation", "KubernetesAPI", "OpenSSL", "JSON"]),
    ]

// Measured by hack/bench, and part of no product.
let benchmarks: [Target] =
    Context.environment["PODMINT_BENCH"] == nil
    ? []
    : [
        .executableTarget(
            name: "bench-issuance", dependencies: ["OpenSSL"], path: "Benchmarks/Issuance",
            swiftSettings: common),
        .executableTarget(
            name: "bench-review",
            dependencies: ["Admission", "Injection", "Policies", "KubernetesAPI", "JSON", "Buffers"],
            path: "Benchmarks/Review", swiftSettings: common),
    ]

let package = Package(
    name: "podmint",
    products: [
        .executable(name: "podmint", targets: ["podmint"]),
        .executable(name: "podmint-agent", targets: ["podmint-agent"]),
        .executable(name: "podmint-sandbox", targets: ["podmint-sandbox"]),
    ],
    // Exact: the same commit must give the same programs, bit for bit.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: bridges + libraries + programs + fuzzers + benchmarks + [
        tests("Buffers"),
        // What several test targets share: programs of others, beside ours, and a full heap.
        .target(
            name: "TestPeers", dependencies: ["OpenSSL"], path: "Tests/TestPeers", exclude: ["lint.py"],
            swiftSettings: common),
        tests("OpenSSL", ["Buffers", "TestPeers"]),
        tests("Sockets", ["Buffers"]),
        tests("HTTP", ["Buffers"]),
        tests("HTTP2", ["HTTP", "Buffers"]),
        tests("HTTPTransport", ["HTTP", "HTTP2", "OpenSSL", "Sockets", "Buffers"]),
        tests("JSON", ["Buffers"]),
        tests("YAML", ["JSON"]),
        tests("KubernetesAPI", ["JSON", "Buffers"]),
        tests(
            "KubernetesClient",
            ["KubernetesAPI", "HTTPTransport", "HTTP", "Sockets", "OpenSSL", "JSON", "Buffers"]),
        tests("SigningProtocol"),
        tests(
            "Injection", ["Policies", "KubernetesAPI", "JSON", "YAML", "SigningProtocol"], exclude: ["Golden"]
        ),
        tests("Policies", ["Validation", "KubernetesAPI", "JSON", "OpenSSL", "SigningProtocol"]),
        tests(
            "Validation", ["KubernetesAPI", "JSON", "OpenSSL", "TestPeers"], exclude: ["Table/material.py"]),
        tests(
            "Admission",
            [
                "Injection", "Policies", "Validation", "KubernetesAPI", "OpenSSL", "JSON", "Buffers",
                "TestPeers",
            ],
            exclude: ["Samples"]),
        tests("Telemetry", ["JSON", logging]),
        tests(
            "Issuance",
            [
                "KubernetesAPI", "KubernetesClient", "OpenSSL", "SigningProtocol", "Telemetry", "JSON",
                "HTTP", "Buffers", "TestPeers", logging,
            ]),
        tests(
            "podmint",
            [
                "Admission", "Injection", "KubernetesAPI", "KubernetesClient", "OpenSSL", "Policies",
                "Sockets",
                "JSON", "Validation", "YAML", "HTTP", "Telemetry",
            ]),
        tests("podmint-agent", ["HTTP", "OpenSSL", "Sockets", "SigningProtocol", "Buffers"]),
        tests(
            "podmint-sandbox",
            [
                "HTTPTransport", "HTTP", "KubernetesAPI", "KubernetesClient", "OpenSSL", "Sockets", "JSON",
                "YAML", "Buffers",
            ], exclude: ["CustomResources/Answers.json"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
