// What `check` says, and its verdict.
import { assert, describe, it } from "@effect/vitest"
import { finding, sql, unasked } from "../../src/check/Hop.ts"
import * as Report from "../../src/check/Report.ts"

const checked = (...outcomes: ReadonlyArray<"ok" | "warning" | "broken" | "not known">) => [
  { name: "autos", hops: outcomes.map((outcome) => unasked("hop", finding(outcome, "detail"))) }
]

describe("the verdict", () => {
  it("is the worst of what was found, and what is not known counts for nothing", () => {
    assert.strictEqual(Report.verdict(checked("ok", "not known")), "ok")
    assert.strictEqual(Report.verdict(checked("warning", "not known", "ok")), "warning")
    assert.strictEqual(Report.verdict([...checked("broken"), ...checked("warning")]), "broken")
    assert.strictEqual(Report.summary(checked("ok", "ok", "not known")), "0 broken, 0 to note, 1 not known, 2 sound")
  })
})

describe("a line", () => {
  it("has a tick, the time and the detail, and below it the repair", () => {
    const hop = { ...unasked("login", finding("broken", "no", sql("select 1;"))), millis: 7 }
    assert.deepStrictEqual(Report.lines({ name: "autos", hops: [hop] }), [
      "autos",
      `  ✗ login${" ".repeat(34 - 5)}     7 ms  no`,
      "      SQL         select 1;"
    ])
  })

  it("moves no cursor, whatever a name holds", () => {
    const hop = unasked("table \u001b[2J", finding("ok", "a\r\nb"))
    assert.notMatch(Report.lines({ name: "au\ntos", hops: [hop] }).join(""), /\p{Cc}/u)
  })
})
