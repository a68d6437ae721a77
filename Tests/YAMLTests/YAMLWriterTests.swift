// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import YAML

@Suite struct YAMLWriterTests {
    @Test func `looks like kubectl's`() {
        let value: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": "trust", "annotations": ["podmint.dev/inject": "true", "n": "1.5"], "labels": [:],
            ],
            "data": ["ca.crt": "-----BEGIN\nabc\n-----END\n", "note": "a: b"],
            "list": [["name": "x", "args": ["run", "--flag=v"]], [[1, 2], []], "y", .null],
        ]
        #expect(
            YAMLWriter.write(value) == """
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: trust
                  annotations:
                    podmint.dev/inject: 'true'
                    'n': '1.5'
                  labels: {}
                data:
                  ca.crt: |
                    -----BEGIN
                    abc
                    -----END
                  note: 'a: b'
                list:
                - name: x
                  args:
                  - run
                  - '--flag=v'
                - - - 1
                    - 2
                  - []
                - 'y'
                - null

                """)
    }

    @Test(arguments: [
        ("plain", "plain"), ("two words", "two words"), ("/var/run", "/var/run"), ("10.0.0.1", "10.0.0.1"),
        ("24h", "24h"),
        ("yes", "'yes'"), ("012", "'012'"), ("1e3", "'1e3'"), ("", "''"), (" a", "' a'"), ("a ", "'a '"),
        ("a #b", "'a #b'"),
        ("it's", "it's"), ("'a", "\"'a\""), ("a\tb", "\"a\\tb\""), ("2026-11-22", "'2026-11-22'"),
        ("a:", "'a:'"),
        ("https://x:1/", "https://x:1/"), ("é", "'é'"), ("\u{2028}", "\"\\u2028\""),
        ("\u{1F600}", "'\u{1F600}'"), ("a\r\nb", "\"a\\r\\nb\""),
        ("<<", "'<<'"), ("~", "'~'"), ("\u{7f}", "\"\\u007f\""),
    ])
    func `quotes where a plain text would change`(text: String, yaml: String) throws {
        #expect(YAMLWriter.write(.string(text)) == yaml + "\n")
        #expect(try YAMLDocuments.parse(YAMLWriter.write(["k": .string(text)])) == [["k": .string(text)]])
    }

    @Test(arguments: [
        "a\n", "a\nb", "a\n\nb\n\n", "a\n b\n", "\na", " a\nb", "a\n\n\n", "\n", "a \nb\t\n", "# c\n- x\n",
        "---\na\n", "a\n...\n",
    ])
    func `keeps lines as they are`(text: String) throws {
        let value: JSONValue = ["k": .string(text), "l": [.string(text), ["m": .string(text)]], "z": "end"]
        #expect(try YAMLDocuments.parse(YAMLWriter.write(value)) == [value])
        #expect(try YAMLDocuments.parse(YAMLWriter.write([value, value])) == [value, value])
    }

    @Test func `random values survive writing and reading`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1500 {
            let value = JSONValue.object(["v": Self.value(depth: 4, &random)])
            let text = YAMLWriter.write(value)
            #expect(try YAMLDocuments.parse(text) == [value], "\(text)")
        }
    }

    private static let words = [
        "", "a", "yes", "no", "null", "~", "0x1", "1.5", "-", "- a", "? b", "a: b", ": x", "#", "a # b", "|",
        ">", "&a", "*a", "!t", "%d",
        "@x", "`", "{", "[", "]", "a\nb\n", "\n\n", " x\n", "x\n ", "\u{0}", "\u{85}", "\u{FEFF}", "\u{FFFE}",
        "é\n", "\"", "'", "\\n", "---", "...",
        "a\u{2028}b", "\t", "tab\tbed", "<<", "=", "1_0", "0o7", "12:30:45",
        "long " + String(repeating: "word ", count: 60) + ".",
    ]

    private static func value(depth: Int, _ random: inout some RandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2:
            .integer(
                Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random))
        case 3: .double(Double.random(in: -10...10, using: &random) + 0.001)
        case 4, 5: .string(word(&random) + (Bool.random(using: &random) ? word(&random) : ""))
        case 6:
            .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1, &random) })
        default:
            .object(
                (0..<Int.random(in: 0...5, using: &random)).reduce(into: JSONObject()) { object, _ in
                    object[word(&random)] = value(depth: depth - 1, &random)
                })
        }
    }

    private static func word(_ random: inout some RandomNumberGenerator) -> String {
        words.randomElement(using: &random) ?? ""
    }
}
