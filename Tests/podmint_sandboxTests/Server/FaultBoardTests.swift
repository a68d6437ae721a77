// SPDX-License-Identifier: Apache-2.0
import JSON
import Testing

@testable import podmint_sandbox

struct FaultBoardTests {
    @Test func `a fault strikes as often as it was told, where it was told`() throws {
        let board = FaultBoard()
        try board.change([
            "faults": [
                ["path": "/api/v1/pods", "method": "GET", "status": 429, "retryAfterSeconds": 3, "count": 2]
            ]
        ])
        #expect(board.take("POST", "/api/v1/pods") == nil)
        #expect(board.take("GET", "/api/v1/secrets") == nil)
        #expect(board.take("GET", "/api/v1/pods")?.error?.retryAfter == 3)
        #expect(board.take("GET", "/api/v1/pods")?.error?.code == 429)
        #expect(board.take("GET", "/api/v1/pods") == nil)
    }

    @Test func `a fault that does nothing is refused`() {
        #expect(throws: APIError.self) { try FaultBoard().change(["faults": [["path": "/"]]]) }
        #expect(throws: APIError.self) { try FaultBoard().change(["faults": [["status": 200]]]) }
    }
}
