// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import JSON

@Suite struct JSONValueTests {
    @Test func `writes a rendered object as it was, and anew once it has changed`() {
        let plain: JSONValue = ["a": 1, "b": ["c": "\u{1}"]]
        var rendered = plain.rendered
        #expect(rendered == plain && rendered.hashValue == plain.hashValue)
        #expect(rendered.object?.renderedText == plain.serialized())
        #expect(JSONValue.array([rendered, rendered]).text == "[\(plain.text),\(plain.text)]")
        #expect(rendered.indentedText == plain.indentedText)
        rendered["b"]?["c"] = 2
        #expect(rendered.text == #"{"a":1,"b":{"c":2}}"#)
        rendered = plain.rendered
        rendered["a"] = nil
        #expect(rendered.object?.renderedText == nil && rendered["a"] == nil)
    }

    @Test(arguments: [
        "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615", "0.1", "1.5", "5e-324", "1.7976931348623157e+308", "true", "null", "\"\"",
        "\"\\u0001\\n\\\"\\\\\"",
        "{\"z\":1,\"a\":[{},[]]}", "\"𝄞é\u{2028}\"", "1e+100", "\"\u{7f}/<>&\"",
    ])
    func `leaves as it came`(text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
        let document = try JSONDocument(text)
        var writer = JSONWriter()
        document.root.write(to: &writer)
        #expect(writer.bytes == Array(text.utf8))
    }

    @Test func `refuses a key that stands twice, anywhere`() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: #"[{"a":{"b":1,"b":1}}]"#) }
    }

    @Test func `builds, reads and changes`() {
        var pod: JSONValue = [
            "metadata": ["name": "db", "labels": [:]], "spec": ["containers": [["name": "app"]]], "n": 1,
            "x": 1.5,
        ]
        #expect(pod.at("metadata", "name")?.string == "db")
        #expect(pod["spec"]?["containers"]?[0]?["name"] == "app")
        pod["metadata"]?["name"] = "web"
        pod["spec"]?["containers"]?[0]?["image"] = "nginx"
        pod["n"] = nil
        pod["status"] = .null
        #expect(
            pod.text
                == #"{"metadata":{"name":"web","labels":{}},"spec":{"containers":[{"name":"app","image":"nginx"}]},"x":1.5,"status":null}"#
        )
        pod["spec"]?["containers"]?[0] = nil
        #expect(pod.at("spec", "containers")?.array == [])
    }

    @Test func `setting a member of something else makes an object`() {
        var value: JSONValue = 3
        value["a"] = "b"
        #expect(value == ["a": "b"])
    }

    @Test func `a number has one case`() throws {
        #expect(JSONValue(UInt64(5)) == .integer(5))
        #expect(try JSONValue(parsing: "9223372036854775808") == .unsigned(9_223_372_036_854_775_808))
    }

    @Test func `infinity is written as null`() {
        #expect(JSONValue.array([.double(.infinity), .double(.nan)]).text == "[null,null]")
    }

    @Test func `indents for people`() {
        let value: JSONValue = ["a": [1, ["b": []]], "c": [:]]
        #expect(
            value.indentedText == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {}
                }

                """)
    }

    @Test func `random values survive writing and reading`() throws {
        var random = SplitMix(seed: 20_261_122)
        for _ in 0..<2000 {
            let value = JSONValue.random(depth: 4, &random)
            #expect(try JSONValue(parsing: value.serialized()) == value)
            #expect(try JSONValue(parsing: value.indentedText) == value)
            #expect(try JSONDocument(value.serialized()).root.value == value)
        }
    }

    @Test func `mutated text is refused or read, and what is read can be written`() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<5000 {
            var bytes = JSONValue.random(depth: 3, &random).serialized()
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                case 2:
                    bytes.insert(Array("{}[]\",:\\u0".utf8).randomElement(using: &random) ?? 0, at: position)
                default: bytes.removeSubrange(position...)
                }
            }
            guard let document = try? JSONDocument(bytes) else { continue }
            var writer = JSONWriter()
            document.root.write(to: &writer)
            #expect(try JSONDocument(writer.bytes).root.value == document.root.value)
            try? document.rejectDuplicateKeys()
        }
    }
}

extension JSONValue {
    static func random(depth: Int, _ random: inout SplitMix) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 8 : 6), using: &random) {
        case 0: .null
        case 1: .bool(Bool.random(using: &random))
        case 2:
            .integer(
                Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random))
        case 3: JSONValue(UInt64.random(in: 0 ... .max, using: &random))
        case 4: double(&random)
        case 5, 6: .string(string(&random))
        case 7:
            .array(
                (0..<Int.random(in: 0...5, using: &random)).map { _ in .random(depth: depth - 1, &random) })
        default:
            .object(
                (0..<Int.random(in: 0...20, using: &random)).reduce(into: JSONObject()) { object, _ in
                    object[string(&random)] = .random(depth: depth - 1, &random)
                })
        }
    }

    private static func double(_ random: inout SplitMix) -> JSONValue {
        let double = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
        return .double(double.isFinite ? double : 0.5)
    }

    private static func string(_ random: inout SplitMix) -> String {
        let scalars = (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
            Unicode.Scalar(
                UInt32.random(in: 0...0x10FFFF, using: &random) >> UInt32.random(in: 0...20, using: &random))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

/// The same numbers in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
